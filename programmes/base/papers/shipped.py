"""The letters that come with iomcase: JSON files beside this module, read into templates.

A template that exists is never touched, so what administrators have edited stays as they left it.
"""

import json

from django.db import transaction

from programmes.base.papers.models import LetterTemplate, TemplateEdition
from programmes.base.papers.words import DATA


def letters() -> list[dict]:
    """The shipped letters as written in their files. A text is a list of lines."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("letter_*.json"))]


@transaction.atomic
def load() -> int:
    """Add the templates that are missing; running it again changes nothing. Returns how many are new."""
    known = set(LetterTemplate.objects.values_list("code", flat=True))
    new = [facts for facts in letters() if facts["code"] not in known]
    for facts in new:
        template = LetterTemplate.objects.create(code=facts["code"], kind=facts["kind"], names=facts["names"])
        texts = {
            language: {"title": text["title"], "body": "\n".join(text["body"])}
            for language, text in facts["texts"].items()
        }
        TemplateEdition.objects.create(template=template, number=1, texts=texts)
    return len(new)
