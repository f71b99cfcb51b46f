import io

import xlsxwriter

from odoo import models
from odoo.tools import format_date

from ..tools import text as text_tools

# Columns of the items' sheet: what of the row it shows, and the kind of cell
TEXT, DAY, NUMBER, AMOUNT = "text", "day", "number", "amount"
# Where the table's header stands: under a title, the day, and an empty row
HEADER = 3
# The system's short date, whatever it is
SHORT_DATE = 14


class CreditStatement(models.AbstractModel):
    """The statement as a workbook.

    All items on one flat sheet with a filter, whoever's they are, and on the other sheet the ageing by customer and
    currency with a total per currency: what an accountant sorts, filters and adds up.
    """

    _inherit = "credit.statement"

    def _xlsx_of(self, profiles, day=False):
        """Return the workbook of collection files as bytes; in the customer's language when there is one customer."""
        statements = self._values_by_profile(profiles, day)
        if len(statements) == 1:
            [values] = statements.values()
            self = self.with_context(lang=values["lang"])
        stream = io.BytesIO()
        # text is text: no formula, link or number is made of what a customer or user typed
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(stream, options) as workbook:
            workbook.set_properties({"title": self.env._("Statement of account")})
            formats = _Formats(workbook)
            self._write_items(workbook, formats, statements)
            self._write_ageing(workbook, formats, statements)
        return stream.getvalue()

    def _columns(self, statements):
        """Return (title, value of a statement's currency and row, kind of cell, width) of the items' sheet."""
        sections = {"due": self.env._("Due"), "credit": self.env._("Credits"), "not_due": self.env._("Not due yet")}
        return [
            *self._customer_columns(statements),
            (self.env._("Currency"), lambda statement, values, row: values["currency"].name, TEXT, 9),
            (self.env._("Status"), lambda statement, values, row: sections[row["section"]], TEXT, 14),
            (self.env._("Date"), lambda statement, values, row: row["date"], DAY, 12),
            (self.env._("Document"), lambda statement, values, row: row["number"], TEXT, 22),
            (self.env._("Reference"), lambda statement, values, row: row["reference"], TEXT, 30),
            (self.env._("Due date"), lambda statement, values, row: row["date_maturity"], DAY, 12),
            (self.env._("Days late"), lambda statement, values, row: row["days_late"] or None, NUMBER, 10),
            (self.env._("Debit"), lambda statement, values, row: row["debit"], AMOUNT, 15),
            (self.env._("Credit"), lambda statement, values, row: row["credit"], AMOUNT, 15),
            (self.env._("Balance"), lambda statement, values, row: row["balance"], AMOUNT, 15),
            *self._disputed_columns(statements),
        ]

    def _disputed_columns(self, statements):
        """Return the column of what is disputed, where something is."""
        rows = [
            row
            for statement in statements.values()
            for values in statement["currencies"]
            for row in values["rows"]["due"] + values["rows"]["not_due"]
        ]
        if not any(row["disputed"] for row in rows):
            return []
        title = self.env._("Of which disputed")
        return [(title, lambda statement, values, row: row["disputed"] or None, AMOUNT, 15)]

    def _customer_columns(self, statements):
        columns = [
            (self.env._("Customer"), lambda statement, values, row: statement["partner"].name or "", TEXT, 32),
            (self.env._("Customer number"), lambda statement, values, row: statement["partner"].ref or "", TEXT, 14),
        ]
        if len({statement["company"] for statement in statements.values()}) > 1:
            columns.append((self.env._("Company"), lambda statement, values, row: statement["company"].name, TEXT, 24))
        return columns

    def _write_items(self, workbook, formats, statements):
        columns = self._columns(statements)
        sheet = self._start_sheet(workbook, formats, statements, self.env._("Open Items"), columns)
        line = HEADER
        for statement in statements.values():
            for values in statement["currencies"]:
                for row in (row for rows in values["rows"].values() for row in rows):
                    line += 1
                    cells = [(kind, value(statement, values, row)) for _title, value, kind, _width in columns]
                    formats.write_row(sheet, line, cells, values["currency"])
        sheet.autofilter(HEADER, 0, max(line, HEADER + 1), len(columns) - 1)

    def _write_ageing(self, workbook, formats, statements):
        lines = [(statement, values) for statement in statements.values() for values in statement["currencies"]]
        labels = self._ageing_labels(statements)
        columns = [
            *self._customer_columns(statements),
            (self.env._("Currency"), lambda statement, values, row: values["currency"].name, TEXT, 9),
            *(
                (label, lambda statement, values, row, at=at: values["ageing"][at]["amount"], AMOUNT, 15)
                for at, label in enumerate(labels)
            ),
        ]
        sheet = self._start_sheet(
            workbook, formats, statements, self.env._("Ageing"), [*columns, (self.env._("Total"), None, AMOUNT, 15)]
        )
        first, last, width = HEADER + 1, HEADER + len(lines), len(columns)
        for line, (statement, values) in enumerate(lines, first):
            cells = [(kind, value(statement, values, None)) for _title, value, kind, _width in columns]
            formats.write_row(sheet, line, cells, values["currency"])
            span = _range(line, width - len(labels), line, width - 1)
            sheet.write_formula(line, width, f"=SUM({span})", formats.amount(values["currency"]), values["total"])
        sheet.autofilter(HEADER, 0, max(last, first), width)
        if lines:
            self._write_totals(sheet, formats, lines, (first, last, width - len(labels)))

    def _write_totals(self, sheet, formats, lines, place):
        """Write a total per currency: it adds the lines of that currency only. Below an empty row, out of the filter."""
        first, last, column = place
        by_currency = {}
        for _statement, values in lines:
            amounts = [*(age["amount"] for age in values["ageing"]), values["total"]]
            by_currency.setdefault(values["currency"], []).append(amounts)
        names = _range(first, column - 1, last, column - 1, absolute=True)
        for line, (currency, rows) in enumerate(by_currency.items(), last + 2):
            sheet.write_string(line, 0, self.env._("Total %s", currency.name), formats.bold)
            sheet.write_string(line, column - 1, currency.name, formats.bold)
            for at, amount in enumerate(map(sum, zip(*rows, strict=True)), column):
                formula = f'=SUMIF({names},"{currency.name}",{_range(first, at, last, at)})'
                sheet.write_formula(line, at, formula, formats.amount(currency, bold=True), currency.round(amount))

    def _ageing_labels(self, statements):
        """Return the titles of the ageing columns in the workbook's language."""
        day = next(iter(statements.values()))["day"]
        return [age["label"] for age in self._ageing(self.env.company.currency_id, [], day)]

    def _start_sheet(self, workbook, formats, statements, name, columns):
        """Return a new sheet with its title, its header (which stays in sight) and what prints well."""
        sheet = workbook.add_worksheet(text_tools.file_name(name)[:31])
        values = next(iter(statements.values()))
        title = [self.env._("Statement of account")]
        if len(statements) == 1:
            title.append(values["partner"].name or "")
        companies = dict.fromkeys(statement["company"].name for statement in statements.values())
        sheet.write_string(0, 0, " – ".join(title), formats.title)
        as_of = self.env._("As of %s", format_date(self.env, values["day"]))
        sheet.write_string(1, 0, " – ".join([*companies, as_of]))
        for at, (label, _value, kind, width) in enumerate(columns):
            sheet.write_string(HEADER, at, label, formats.header(kind))
            sheet.set_column(at, at, width)
        sheet.freeze_panes(HEADER + 1, 0)
        sheet.repeat_rows(HEADER)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&R&P / &N")
        return sheet


class _Formats:
    """The workbook's cell formats, each made once."""

    def __init__(self, workbook):
        self.workbook = workbook
        self.title = workbook.add_format({"bold": True, "font_size": 14})
        self.bold = workbook.add_format({"bold": True})
        self.day = workbook.add_format({"num_format": SHORT_DATE, "align": "left"})
        self._made = {}

    def _get(self, **properties):
        key = tuple(properties.items())
        if key not in self._made:
            self._made[key] = self.workbook.add_format(properties)
        return self._made[key]

    def header(self, kind):
        side = "right" if kind in (NUMBER, AMOUNT) else "left"
        return self._get(bold=True, bottom=1, bg_color="#F1F3F5", text_wrap=True, valign="vcenter", align=side)

    def amount(self, currency, bold=False):
        """As many decimals as the currency has."""
        decimals = "." + "0" * currency.decimal_places if currency.decimal_places else ""
        return self._get(num_format=f"#,##0{decimals}", bold=bold, top=int(bold))

    def write_row(self, sheet, line, cells, currency):
        for at, (kind, value) in enumerate(cells):
            if value is None or value is False or (kind == TEXT and not value):
                continue
            if kind == TEXT:
                sheet.write_string(line, at, value)
            elif kind == DAY:
                sheet.write_datetime(line, at, value, self.day)
            else:
                sheet.write_number(line, at, value, self.amount(currency) if kind == AMOUNT else None)


def _range(first_row, first_column, last_row, last_column, absolute=False):
    name = xlsxwriter.utility.xl_range_abs if absolute else xlsxwriter.utility.xl_range
    return name(first_row, first_column, last_row, last_column)
