"""The article's first script: the model and its tokenizer from a folder. The folder is the only argument."""

import sys

from transformers import pipeline

model_dir = sys.argv[1]

classifier = pipeline("sentiment-analysis", model=model_dir, tokenizer=model_dir)
print(classifier("This is a great day!"))
print(classifier("This was the worst film of the year."))
