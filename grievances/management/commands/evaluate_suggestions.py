"""Measure suggestions on files of one's own: learn from one, ask the other."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grievances.suggesting.files import FileRefusedError, read_examples
from grievances.suggesting.measures import Quality, measure
from grievances.suggesting.model import MOST_EXAMPLES, Model, learn


class Command(BaseCommand):
    help = "Learn from --train, suggest for --test (CSV, UTF-8, columns text,label), and measure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--train", type=Path, required=True)
        parser.add_argument("--test", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            train, test = read_examples(options["train"]), read_examples(options["test"])
        except FileRefusedError as error:
            raise CommandError(str(error)) from error
        learned = learn(train)
        known = {label for _, label in train[:MOST_EXAMPLES]}
        unseen = sum(label not in known for _, label in test)
        self.stdout.write(f"trained on: {learned.examples} texts, {len(known)} labels")
        if len(train) > learned.examples:
            self.stdout.write(f"  (the first {learned.examples} of {len(train)})")
        self.stdout.write(
            f"tested on: {len(test)} texts, {unseen} of them with a label not trained"
        )
        self._write(ask(learned.model, test))

    def _write(self, quality: Quality) -> None:
        said = quality.texts - quality.declined
        self.stdout.write(
            f"accuracy: {_share(quality.accuracy)}"
            f" (over all {quality.texts} texts: the best guess of each, declined ones too)"
        )
        self.stdout.write(
            f"accuracy of answered: {_share(quality.accuracy_said)} (over the {said} answered)"
        )
        self.stdout.write(
            f"macro-F1: {_share(quality.macro_f1)}"
            f" (over all {quality.texts} texts, mean of the labels that occur or were guessed)"
        )
        self.stdout.write(
            f"declined: {quality.declined} of {quality.texts}"
            f" ({_share(quality.declined_share)}): not sure enough to suggest anything"
        )


def ask(model: Model, test: list[tuple[str, str]]) -> Quality:
    """Hold the model's guesses to the labels of the test."""
    guesses = [model.best(text) for text, _ in test]
    return measure(
        [label for _, label in test],
        [best.label for best, _ in guesses],
        [said for _, said in guesses],
    )


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.4f}"
