// The 256 words that stand for a byte each. They never change: people compare them across versions. Short,
// common, no two with the same three first letters or easily taken for one another (a test checks both).
#include "base/fingerprint_words.h"

namespace pannier {

// clang-format off
const std::array<std::string_view, 256> kFingerprintWords = {
    "acid", "actor", "album", "almond", "amber", "angel", "ankle", "april",
    "arena", "arrow", "atlas", "attic", "august", "autumn", "awning", "bacon",
    "badge", "ballet", "bamboo", "banjo", "barrel", "bell", "bench", "bicycle",
    "bishop", "blanket", "blossom", "bonfire", "bottle", "bread", "brick", "bronze",
    "bucket", "buffalo", "butter", "cabin", "cactus", "camel", "canyon", "castle",
    "cedar", "cement", "chalk", "cherry", "chimney", "cinema", "circus", "clay",
    "clover", "cobra", "coffee", "copper", "cotton", "cousin", "cowboy", "crater",
    "cricket", "cube", "curtain", "cushion", "cymbal", "daisy", "dancer", "delta",
    "denim", "desert", "diamond", "dolphin", "domino", "donkey", "dragon", "drum",
    "duchess", "dust", "eagle", "echo", "eclipse", "elbow", "elder", "emerald",
    "empire", "engine", "equator", "estate", "fabric", "falafel", "farmer", "feather",
    "fiddle", "fig", "finger", "flute", "forest", "fossil", "freckle", "funnel",
    "galaxy", "garden", "gazelle", "genius", "ghost", "giant", "glacier", "goblet",
    "golf", "gorilla", "granite", "guitar", "harbor", "hatchet", "helmet", "herring",
    "horse", "hotel", "hundred", "hydrant", "igloo", "impact", "indigo", "insect",
    "iron", "island", "ivory", "jaguar", "jasmine", "jersey", "jigsaw", "journal",
    "jungle", "jury", "kayak", "ketchup", "kitchen", "kiwi", "knight", "koala",
    "ladder", "lagoon", "lantern", "lemon", "leopard", "library", "lilac", "lizard",
    "lobster", "lotus", "lynx", "magnet", "marble", "meadow", "mercury", "mirror",
    "mitten", "mosaic", "muffin", "museum", "napkin", "nature", "nectar", "needle",
    "nephew", "nickel", "ninety", "nugget", "nylon", "oasis", "oboe", "ocean",
    "octopus", "olive", "onion", "opal", "opera", "orange", "orchid", "osprey",
    "oxygen", "palace", "panda", "paper", "pebble", "pelican", "pencil", "pigeon",
    "pilot", "pirate", "polar", "pony", "potato", "pumpkin", "pyramid", "quartz",
    "queen", "quiver", "rabbit", "radio", "raven", "razor", "rhubarb", "ribbon",
    "salad", "scarf", "school", "sequel", "silver", "sketch", "sleigh", "slipper",
    "snow", "sofa", "spider", "spoon", "squid", "stamp", "stone", "sugar",
    "summit", "swan", "syrup", "target", "teapot", "temple", "tennis", "theater",
    "thimble", "thunder", "tornado", "trolley", "trumpet", "tulip", "tundra", "turtle",
    "twelve", "typist", "unicorn", "urban", "vacuum", "vanilla", "vessel", "victory",
    "village", "violin", "volcano", "voyage", "vulture", "waffle", "walnut", "wheat",
    "willow", "wool", "wrist", "yacht", "yogurt", "zenith", "zigzag", "zodiac",
};
// clang-format on

}  // namespace pannier
