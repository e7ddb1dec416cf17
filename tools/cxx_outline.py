"""Reads the outline of a C++ file without a compiler: functions, where they begin and end, and how
many parameters each declaration takes. Made for check_style.py.

How: comments, literals and preprocessor lines are blanked (newlines kept), then braces are followed.
A brace at namespace or class scope opens a function when the text before it, back to the last `;` or
`}`, has a parameter list and no initialiser. What is inside a function (lambdas, local classes)
belongs to it; tables (`= {…}`) are no functions. A function's length runs from the first line of its
declaration to its closing brace, blank and comment lines included.
"""
import re
from typing import NamedTuple


class Function(NamedTuple):
    name: str
    first_line: int
    last_line: int

    @property
    def lines(self):
        return self.last_line - self.first_line + 1


class Declaration(NamedTuple):
    name: str
    line: int
    parameter_count: int


LITERAL = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|\bR"(?P<delimiter>[^()\\\s]*)\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'",
    re.DOTALL)
DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)
ACCESS = re.compile(r"\b(public|protected|private)\s*:(?!:)")
NO_FUNCTION_NAMES = {"__attribute__", "alignas", "decltype", "noexcept", "explicit", "requires", "defined"}


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def strip_cxx(text):
    """The same text, lines and columns kept, with all that is no code blanked."""
    return ACCESS.sub(blank, DIRECTIVE.sub(blank, LITERAL.sub(blank, text)))


def without_template_head(chunk):
    """`chunk` without a leading `template <…>`."""
    match = re.match(r"\s*template\s*<", chunk)
    if not match:
        return chunk
    depth = 1
    for i in range(match.end(), len(chunk)):
        depth += {"<": 1, ">": -1}.get(chunk[i], 0)
        if depth == 0:
            return without_template_head(chunk[i + 1:])
    return chunk


def has_initialiser(chunk):
    """True where an `=` stands outside parentheses and angle brackets and is no operator's name."""
    chunk = re.sub(r"\boperator\s*[^\s\w(]+", "operator", chunk)
    depth = 0
    for i, char in enumerate(chunk):
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(char, 0)
        if char == "=" and depth == 0 and chunk[i - 1:i] not in ("<", ">", "!", "=") and chunk[i + 1:i + 2] != "=":
            return True
    return False


def kind_of_brace(chunk):
    """What a `{` after `chunk` at namespace or class scope opens: "scope", "function" or "other"."""
    chunk = without_template_head(chunk).strip()
    if re.match(r"(inline\s+)?namespace\b|extern$", chunk):
        return "scope"
    if re.match(r"(typedef\s+)?(class|struct|union|enum)\b", chunk) and not has_initialiser(chunk):
        return "scope"
    if "(" not in chunk or has_initialiser(chunk):
        return "other"
    # A constructor's `: member{…}`: the body comes later.
    if re.search(r"\)[\w\s]*:[^:]", chunk) and re.search(r"[\w>]$", chunk):
        return "other"
    return "function"


def parameter_list(chunk):
    """(name, text between the parentheses) of the function that `chunk` declares, or None."""
    chunk = without_template_head(chunk)
    operator = re.search(r"\boperator\s*(\(\s*\)|[^\s\w(]+|[\w:][\w:\s*&<>]*)\s*\(", chunk)
    if operator:
        return "operator" + operator.group(1).strip(), inside_parentheses(chunk, operator.end())
    depth = 0
    for i, char in enumerate(chunk):
        depth += {"<": 1, ">": -1}.get(char, 0)
        if char != "(" or depth > 0:
            continue
        name = re.search(r"([~\w:]+)\s*$", chunk[:i])
        if not name or name.group(1) in NO_FUNCTION_NAMES:
            skipped = inside_parentheses(chunk, i + 1)
            return parameter_list(chunk[i + 1 + len(skipped) + 1:])
        return name.group(1), inside_parentheses(chunk, i + 1)
    return None


def inside_parentheses(text, begin):
    depth = 1
    for i in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return text[begin:i]
    return text[begin:]


def count_parameters(text):
    if not text.strip() or text.strip() == "void":
        return 0
    depth = 0
    count = 1
    for i, char in enumerate(text):
        if char in "(<[{":
            depth += 1
        elif char in ")>]}" and text[i - 1:i] != "-":
            depth -= 1
        elif char == "," and depth == 0:
            count += 1
    return count


class Outline:
    """`functions` and `declarations` (definitions are declarations too) of one file."""

    def __init__(self, text):
        self.functions = []
        self.declarations = []
        self.code = strip_cxx(text)
        self.scan()

    def line_of(self, offset):
        return self.code.count("\n", 0, offset) + 1

    def declare(self, begin, end):
        found = parameter_list(self.code[begin:end])
        if found and not has_initialiser(self.code[begin:end].split("(")[0]):
            first = begin + len(self.code[begin:end]) - len(self.code[begin:end].lstrip())
            self.declarations.append(Declaration(found[0], self.line_of(first), count_parameters(found[1])))

    def scan(self):
        stack = []  # (kind, offset where its declaration begins)
        begin = 0   # where the declaration being read begins
        parentheses = 0
        for i, char in enumerate(self.code):
            if char not in "{}();":
                continue
            at_scope = all(kind == "scope" for kind, _ in stack)
            if char == "(" and at_scope:
                parentheses += 1
            elif char == ")" and at_scope:
                parentheses -= 1
            elif char == "{":
                kind = kind_of_brace(self.code[begin:i]) if at_scope and parentheses == 0 else "other"
                if kind == "function":
                    self.declare(begin, i)
                stack.append((kind, begin))
                if kind == "scope":
                    begin = i + 1
            elif char == "}" and stack:
                kind, opened = stack.pop()
                if kind == "function":
                    self.close_function(opened, i)
                if kind in ("function", "scope"):
                    begin = i + 1
            elif char == ";" and at_scope and parentheses == 0:
                self.declare(begin, i)
                begin = i + 1

    def close_function(self, begin, end):
        chunk = self.code[begin:end]
        first = begin + len(chunk) - len(chunk.lstrip())
        found = parameter_list(chunk)
        name = found[0] if found else "?"
        if name in ("TEST", "TEST_F", "TEST_P", "TYPED_TEST"):
            name = f"{name}({' '.join(found[1].split())})"
        self.functions.append(Function(name, self.line_of(first), self.line_of(end)))
