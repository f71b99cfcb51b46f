from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date, formatLang, get_lang
from odoo.tools.pdf import merge_pdf

from ..tools import text as text_tools

REPORT = "credit_collection.credit_statement"
ITEM_FIELDS = (
    "move_line_id",
    "move_id",
    "move_name",
    "partner_id",
    "company_id",
    "currency_id",
    "date",
    "date_maturity",
    "days_overdue",
    "bucket",
    "amount_residual_currency",
)
SECTIONS = ("due", "credit", "not_due")


class CreditStatement(models.AbstractModel):
    """The statement of account: what a customer owes a company as of a day, item by item and currency by currency.

    What is open, since when and how old is the open items' word; the original amount is the journal item's, and what lies
    between them was settled by that day. Items open in the company's currency only (exchange differences) concern the
    company's books, not the customer. Written in the language of the contact who receives the reminders.
    """

    _name = "credit.statement"
    _description = "Statement of account"

    # -------------------------------------------------------------------------
    # For others
    # -------------------------------------------------------------------------

    @api.model
    def _values(self, partner, company, day=False):
        """Return the statement of one customer as a dict, as ``_values_by_profile`` describes it."""
        profile = self._profiles([(partner, company)])
        return self._values_by_profile(profile, day)[profile]

    @api.model
    def _pdf(self, pairs, day=False):
        """Return the statements of (customer, company) pairs as ``{pair: bytes}``.

        One wkhtmltopdf process prints all those of a company, in its paper format; Odoo splits what it printed.
        """
        pairs = list(pairs)
        profiles = self._profiles(pairs)
        day = fields.Date.to_string(self._day(day, profiles))
        pdfs = {}
        for company, mine in self._distinct(profiles).grouped("company_id").items():
            Report = self.env["ir.actions.report"].with_company(company)
            streams, kind = Report._pre_render_qweb_pdf(REPORT, mine.ids, {"credit_as_of": day})
            for profile in mine:  # Odoo's test mode renders the HTML of all of them
                pdfs[profile.id] = streams[profile.id]["stream"].getvalue() if kind == "pdf" else streams
        return {pair: pdfs[profile_id] for pair, profile_id in zip(pairs, profiles.ids, strict=True)}

    @api.model
    def _pdf_of_all(self, pairs, day=False):
        """Return one PDF with the statements of (customer, company) pairs, each with page numbers of its own."""
        pdfs = list(self._pdf(pairs, day).values())
        return merge_pdf(pdfs) if len(pdfs) > 1 else pdfs[0]

    @api.model
    def _with_open_items(self, pairs, day=False):
        """Return those of (customer, company) pairs that have something on their statement of the day."""
        profiles = self._profiles(pairs)
        items = self._items(profiles, self._day(day, profiles))
        return [(partner, company) for partner, company in pairs if items[partner.commercial_partner_id, company]]

    @api.model
    def _xlsx(self, pairs, day=False):
        """Return a workbook with the statements of (customer, company) pairs: all items on a sheet, the ageing on another."""
        return self._xlsx_of(self._profiles(pairs), day)

    @api.model
    def _file_name(self, pairs, day=False, extension="pdf"):
        """Return a name for the file: with the customer's name, in the customer's language, when there is one customer."""
        if len(pairs) == 1:
            return self._file_names(pairs, day, extension)[pairs[0]]
        title = self.env._("Statement of account")
        day = fields.Date.to_string(self._day(day, self._profiles(pairs)))
        return f"{text_tools.file_name(f'{title} – {day}')}.{extension}"

    @api.model
    def _file_names(self, pairs, day=False, extension="pdf"):
        """Return a name for the file of each customer, in the customer's language, by pair."""
        profiles = self._profiles(pairs)
        recipients = profiles._recipients()
        day = fields.Date.to_string(self._day(day, profiles))
        names = {}
        for pair, profile in zip(pairs, profiles, strict=True):
            title = self.with_context(lang=self._lang(profile, recipients[profile])).env._("Statement of account")
            parts = [title, (profile.partner_id.name or "")[:80], day]
            names[pair] = f"{text_tools.file_name(' – '.join(parts))}.{extension}"
        return names

    # -------------------------------------------------------------------------
    # Values
    # -------------------------------------------------------------------------

    @api.model
    def _values_by_profile(self, profiles, day=False):
        """Return the statements of collection files, in a number of queries that does not depend on how many they are.

        :param day: today (by default) or a past day
        :return: ``{profile: {partner, recipient, company, day, lang, currencies, banks, format_…}}``; ``currencies`` holds
            one dict per currency: ``rows`` by section, ``ageing`` by bucket and the totals, all unformatted
        :raise UserError: for a day to come
        :raise AccessError: for who may not read the open items of these customers
        """
        profiles = self._distinct(profiles)
        profiles.check_access("read")
        day = self._day(day, profiles)
        items = self._items(profiles, day)
        recipients = profiles._recipients()
        disputed = self._disputed(items, day)
        banks = {company: self._company_banks(company) for company in profiles.company_id}
        statements = {}
        for profile in profiles:
            mine = items[profile.partner_id, profile.company_id]
            statements[profile] = self._statement(
                profile, recipients[profile], mine, banks[profile.company_id], day, disputed
            )
        return statements

    @api.model
    def _profiles(self, pairs):
        """Return the collection files of (customer or contact, company) pairs, in this order; missing ones are created.

        :raise AccessError: for a company that is not among the user's active ones: its statement would look empty
        """
        self.env["credit.open.item"].check_access("read")
        keys = [(partner.commercial_partner_id, company) for partner, company in pairs]
        companies = self.env["res.company"].union(*(company for _partner, company in keys))
        if not self.env.su and companies - self.env.companies:
            raise AccessError(
                self.env._(
                    "Switch to %s first: you are not working in this company.",
                    ", ".join((companies - self.env.companies).sudo().mapped("name")),
                )
            )
        # Who reads the accounts need not be able to open a file: it holds no decision yet, the nightly run would do it too.
        partners = self.env["res.partner"].sudo().with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        found = {}
        for company in companies:
            mine = partners.union(*(partner for partner, its in keys if its == company))
            found.update(
                {(file.partner_id, company): file.id for file in mine._followup_profiles(company, create=True)}
            )
        return self.env["credit.profile"].browse([found[key] for key in keys])

    def _distinct(self, profiles):
        return profiles.browse(dict.fromkeys(profiles.ids))

    def _day(self, day, profiles):
        """Return the day of the statements as a date: today when none is given."""
        day = self.env["credit.open.item"].with_context(credit_as_of=day)._as_of()
        companies = profiles.company_id.sudo()
        # a company further east may have begun its day when the user, or a scheduled action, has not
        if day > max([fields.Date.context_today(self), *(company._dunning_today() for company in companies)]):
            raise UserError(self.env._("A statement shows what the books say: choose today or a past day."))
        return day

    def _items(self, profiles, day):
        """Return the items open in their own currency by (customer, company), oldest first."""
        OpenItem = self.env["credit.open.item"]._of_today().with_context(credit_as_of=day, credit_facts_only=True)
        items = OpenItem.search_fetch(
            [("partner_id", "in", profiles.partner_id.ids), ("company_id", "in", profiles.company_id.ids)],
            ITEM_FIELDS,
            order="date_maturity, date, id",
        )
        items = items.filtered(lambda item: not item.currency_id.is_zero(item.amount_residual_currency))
        grouped = defaultdict(OpenItem.browse)
        grouped.update(items.grouped(lambda item: (item.partner_id, item.company_id)))
        return grouped

    def _disputed(self, items, day):
        """Return what is contested of each item, in its currency, by id: today's disputes, so on today's statement only."""
        if day < fields.Date.context_today(self):
            return {}
        return self.env["credit.dispute"]._held([item.id for mine in items.values() for item in mine])

    def _lang(self, profile, recipient=None):
        """Return the language of the recipient, else of the customer, else of the company; one that is installed."""
        recipient = recipient or profile._recipients()[profile]
        lang = recipient.lang or profile.partner_id.lang or profile.company_id.partner_id.lang
        return get_lang(self.env, lang).code

    def _statement(self, profile, recipient, items, accounts, day, disputed):
        lang = self._lang(profile, recipient)
        self = self.with_context(lang=lang)
        env = self.env
        by_currency = sorted(items.grouped("currency_id").items(), key=lambda group: group[0].name)
        currencies = [self._currency_values(currency, mine, day, disputed) for currency, mine in by_currency]
        return {
            "partner": profile.partner_id.with_env(env),
            "recipient": recipient.with_env(env),
            "address": self._address(profile.with_env(env), recipient.with_env(env)),
            "company": profile.company_id.with_env(env),
            "day": day,
            "lang": lang,
            "currencies": currencies,
            "banks": self._banks(accounts, currencies),
            "format_date": lambda date: format_date(env, date),
            "format_amount": lambda amount, currency: format_amount(env, amount, currency),
            "format_number": lambda amount, currency: formatLang(env, amount, digits=currency.decimal_places),
        }

    def _address(self, profile, recipient):
        """Return the lines of the address window: where a letter to this recipient would go."""
        located = recipient if recipient.city and recipient.street else profile.partner_id
        letters = self.env["report.credit_collection.dunning_letter_document"]
        return letters._address_lines(located, recipient, profile.company_id)

    def _currency_values(self, currency, items, day, disputed):
        rows = {section: [] for section in SECTIONS}
        for item in items:
            row = self._row(item, disputed.get(item.id, 0.0))
            rows[row["section"]].append(row)
        totals = {section: currency.round(sum(row["balance"] for row in rows[section])) for section in SECTIONS}
        return {
            "currency": currency,
            "rows": rows,
            "totals": totals,
            "payable": currency.round(totals["due"] + totals["credit"]),
            "disputed": currency.round(sum(row["disputed"] for row in rows["due"])),
            "total": currency.round(sum(totals.values())),
            "ageing": self._ageing(currency, [row for section in SECTIONS for row in rows[section]], day),
            "has_reference": any(row["reference"] for section in SECTIONS for row in rows[section]),
        }

    def _row(self, item, disputed=0.0):
        """Return a line of the statement: debit less credit is what was open on the day."""
        original, balance = item.move_line_id.amount_currency, item.amount_residual_currency
        settled = item.currency_id.round(original - balance)
        credit = item.bucket == "credit"
        return {
            "item": item,
            "section": "credit" if credit else "not_due" if item.days_overdue < 0 else "due",
            "bucket": "due_today" if item.bucket == "not_due" and not item.days_overdue else item.bucket,
            "date": item.move_id.invoice_date or item.date,
            "number": item.move_name or "",
            "reference": self._reference(item),
            "date_maturity": False if credit else item.date_maturity,
            "days_late": 0 if credit else max(item.days_overdue, 0),
            "debit": max(original, 0.0) + max(-settled, 0.0),
            "credit": max(-original, 0.0) + max(settled, 0.0),
            "balance": balance,
            "disputed": 0.0 if credit else min(disputed, balance),
        }

    def _reference(self, item):
        """Return what tells the customer which document it is: the order number they gave us, or what the document is.

        Core writes our words where a credit note reverses an invoice. Other entries (opening balances) have nothing but the
        label of their line.
        """
        line, move = item.move_line_id, item.move_id
        if move.move_type == "out_refund":
            reversed_name = move.reversed_entry_id.name
            return self.env._("Credit note on %s", reversed_name) if reversed_name else self.env._("Credit note")
        if move.is_sale_document(include_receipts=True):
            return move._followup_customer_reference()
        if move.origin_payment_id or move.statement_line_id:
            return self.env._("Payment") if item.bucket == "credit" else self.env._("Repayment")
        return line.name or ""

    def _ageing(self, currency, rows, day):
        """Return the ageing line as dicts; what falls due on the day itself has a place of its own."""
        labels = dict(self.env["credit.open.item"]._fields["bucket"]._description_selection(self.env))
        amounts = {"not_due": 0.0, "due_today": 0.0, **dict.fromkeys(labels, 0.0)}
        for row in rows:
            amounts[row["bucket"]] += row["balance"]
        labels["due_today"] = self.env._("Due on %s", format_date(self.env, day))
        return [
            {"bucket": bucket, "label": labels[bucket], "amount": currency.round(amount)}
            for bucket, amount in amounts.items()
        ]

    # -------------------------------------------------------------------------
    # How to pay
    # -------------------------------------------------------------------------

    def _banks(self, accounts, currencies):
        """Return where something is to be paid the account to pay it to, with the names of the currencies it takes."""
        banks = defaultdict(list)
        for values in currencies:
            currency = values["currency"]
            bank = self._bank(accounts, currency)
            if bank and max(values["total"], values["payable"]) > 0:
                banks[bank].append(currency.name)
        return list(banks.items())

    def _bank(self, accounts, currency):
        """Return the account in this currency, else one in no currency in particular, else the first."""
        return (
            accounts.filtered(lambda bank: bank.currency_id == currency)
            or accounts.filtered(lambda bank: not bank.currency_id)
            or accounts
        )[:1]

    def _company_banks(self, company):
        """Return the company's accounts: those of its bank journals first, then its contact's other ones."""
        company = company.sudo()
        # no search: each reminder of a batch asks for them
        journals = company.parent_ids.bank_journal_ids.sorted()
        banks = journals.bank_account_id | company.partner_id.bank_ids
        return banks.filtered(lambda bank: bank.active and (not bank.company_id or bank.company_id == company))
