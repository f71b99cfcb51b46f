"""Reads a history of invoices: customerID, invoiceNumber, InvoiceDate, DueDate, InvoiceAmount, Disputed, SettledDate.

Columns in any order, others ignored; dates as 12/31/2013; an empty SettledDate means that it is still open. What
cannot be read is named with its line, all of it at once.

>>> head = "invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate"
>>> [row] = read([head, "17,ACME,1/2/2013,2/1/2013,55.94,No,"])
>>> row.number, row.due, row.amount, row.settled
('17', datetime.date(2013, 2, 1), Decimal('55.94'), None)
>>> open_total([row], date(2013, 1, 1)), open_total([row], date(2013, 1, 2))
(Decimal('0'), Decimal('55.94'))

A day on which it is settled is a day on which it is no longer open:

>>> [row] = read([head, "17,ACME,1/2/2013,2/1/2013,55.94,No,1/31/2013"])
>>> open_total([row], date(2013, 1, 30)), open_total([row], date(2013, 1, 31))
(Decimal('55.94'), Decimal('0'))

>>> read([head, "17,ACME,2/30/2013,2/1/2013,12 euros,No,", "17,,1/2/2013,2/1/2013,5,No,"])
Traceback (most recent call last):
    ...
replay_csv.Malformed: line 2: InvoiceDate “2/30/2013” is not a date like 12/31/2013
line 2: InvoiceAmount “12 euros” is not an amount
line 3: invoiceNumber 17 stands in line 2 already
line 3: customerID is empty
>>> read(["customerID,invoiceNumber"])
Traceback (most recent call last):
    ...
replay_csv.Malformed: line 1: no column InvoiceDate, DueDate, InvoiceAmount, Disputed, SettledDate
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

COLUMNS = ["customerID", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "Disputed", "SettledDate"]
ANSWERS = {"yes": True, "no": False}


class Malformed(Exception):
    """What is wrong, line by line."""


@dataclass(frozen=True)
class Row:
    customer: str
    number: str
    invoiced: date
    due: date
    amount: Decimal
    disputed: bool
    settled: date | None

    def known_on(self, day: date) -> bool:
        return self.invoiced <= day

    def settled_on(self, day: date) -> bool:
        return self.settled is not None and self.settled <= day


def read(lines: Iterable[str]) -> list[Row]:
    """The rows of a file.

    :raise Malformed: naming every line that cannot be read
    """
    reader = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise Malformed(f"line 1: no column {', '.join(missing)}")
    rows, problems, seen = [], [], {}
    for record in reader:
        found = _Record(record, reader.line_num)
        number = found.text("invoiceNumber")
        if number in seen:
            found.problems.append(f"invoiceNumber {number} stands in line {seen[number]} already")
        seen.setdefault(number, reader.line_num)
        rows.append(found.row())
        problems += [f"line {reader.line_num}: {problem}" for problem in found.problems]
    if problems:
        raise Malformed("\n".join(problems))
    return rows


def open_total(rows: Iterable[Row], day: date) -> Decimal:
    """The plain sum: invoiced by that day, not settled by it."""
    return sum((row.amount for row in rows if row.known_on(day) and not row.settled_on(day)), Decimal(0))


class _Record:
    """One line, with what is wrong in it."""

    def __init__(self, record: dict, line: int):
        self.record = record
        self.problems: list[str] = []
        if None in record or None in record.values():
            self.problems.append("not as many columns as in line 1")

    def row(self) -> Row:
        return Row(
            customer=self.text("customerID"),
            number=self.record["invoiceNumber"],
            invoiced=self.date("InvoiceDate"),
            due=self.date("DueDate"),
            amount=self.amount("InvoiceAmount"),
            disputed=self.answer("Disputed"),
            settled=self.date("SettledDate") if self._value("SettledDate") else None,
        )

    def _value(self, column: str) -> str:
        return (self.record[column] or "").strip()

    def text(self, column: str) -> str:
        value = self._value(column)
        if not value:
            self.problems.append(f"{column} is empty")
        return value

    def date(self, column: str) -> date | None:
        try:
            return datetime.strptime(self._value(column), "%m/%d/%Y").date()
        except ValueError:
            self.problems.append(f"{column} “{self._value(column)}” is not a date like 12/31/2013")
            return None

    def amount(self, column: str) -> Decimal | None:
        try:
            amount = Decimal(self._value(column))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            self.problems.append(f"{column} “{self._value(column)}” is not an amount")
        return amount

    def answer(self, column: str) -> bool | None:
        answer = ANSWERS.get(self._value(column).lower())
        if answer is None:
            self.problems.append(f"{column} “{self._value(column)}” is neither Yes nor No")
        return answer
