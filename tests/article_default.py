"""The article's second script: no model named, so transformers takes the task's default."""

from transformers import pipeline

classifier = pipeline("sentiment-analysis")
print(classifier("This is a great day!"))
print(classifier("This was the worst film of the year."))
