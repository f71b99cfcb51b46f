from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import interest as interest_tools

# How long after its late payment an invoice is still proposed for a claim.
RECENT_DAYS = 365


class LateItem(NamedTuple):
    """One instalment's interest, in its own currency, and its invoice's indemnity, in the company's currency.

    ``segments`` are :class:`~..tools.interest.Segment` with amounts in the currency and the rate in percent per year
    (None: unknown). The indemnity stands on the invoice's first late instalment. ``policy_id`` is False where the
    company claims nothing of such customers. ``line_id`` is the journal item; ``document`` is (entry id, journal item
    id): the latter 0 for invoices, whose instalments share one claim.
    """

    line_id: int
    document: tuple[int, int]
    name: str
    partner_id: int
    company_id: int
    currency_id: int
    due: date
    policy_id: int | bool
    segments: list
    interest: float
    indemnity: float
    missing_from: date | None


class LateDocument(NamedTuple):
    """An invoice paid late (or an opening entry's item) with its late instalments; sums of :class:`LateItem`."""

    move_id: int
    line_id: int
    name: str
    partner_id: int
    company_id: int
    currency_id: int
    items: list
    interest: float
    indemnity: float
    missing_from: date | None


class CreditLateInterest(models.AbstractModel):
    """What late payment costs the customer: read from the ledger in one statement, computed by the policies.

    The principal of an instalment over time is its amount less what it was matched with, by the day the later of both
    entries bears. So undoing a match, or a payment dated earlier than it was entered, corrects the interest. What was
    claimed, waived or paid stands in ``credit.late.claim``.
    """

    _name = "credit.late.interest"
    _description = "Late-payment interest"

    # -------------------------------------------------------------------------
    # For letters, claims and screens
    # -------------------------------------------------------------------------

    @api.model
    def _compute(self, move_lines, day):
        """Return the interest and indemnity of receivable journal items up to and including ``day``.

        Left out: what is no posted claim on a customer (payments, credit notes, entries taken out of the reminders) and
        the debit notes of late-payment claims, which bear no interest themselves (C. civ. 1343-2).

        :return: ``{journal item id: LateItem}``
        """
        rows = self._read_rows(move_lines, day)
        companies = {row["company_id"] for row in rows.values()}
        policies = self._policies(companies)
        notices = self._notice_dates([row["id"] for row in rows.values() if row["kind"] == "consumer"])
        digits = self._digits({row["currency_id"] for row in rows.values()})
        indemnified = set()
        results = {}
        for row in rows.values():
            policy = policies.get((row["company_id"], row["kind"]))
            factor = 10 ** digits[row["currency_id"]]
            results[row["id"]] = self._late_item(row, policy, notices.get(row["id"]), day, factor, indemnified)
        return results

    @api.model
    def _documents(self, records, day):
        """Return a :class:`LateDocument` per invoice of these journal items or entries, with all of its instalments."""
        items = self._compute(self._receivable_lines(records), day).values()
        by_document = {}
        for item in items:
            by_document.setdefault(item.document, []).append(item)
        return [self._late_document(document, items) for document, items in by_document.items()]

    @api.model
    def _open_documents(self, records, day):
        """Return the documents without what was already waived, paid or invoiced: that is not claimed again."""
        documents = self._documents(records, day)
        settled = self._settled([document.move_id for document in documents])
        nothing = {"interest": {"interest": 0.0, "missing_from": None}, "indemnity": {"indemnity": 0.0}}
        return [
            document._replace(
                **{
                    name: value
                    for kind, values in nothing.items()
                    if (document.move_id, document.line_id, kind) in settled
                    for name, value in values.items()
                }
            )
            for document in documents
        ]

    @api.model
    def _late_lines(self, day, companies, partners=None):
        """Return the receivable journal items overdue on ``day`` or paid late in the year before it.

        :param partners: commercial partners, or None for every customer
        """
        self._flush()
        named = (
            SQL("AND cp.commercial_partner_id IN %s", tuple(partners.ids) or (0,)) if partners is not None else SQL()
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT l.id FROM account_move_line l
                     JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
                     JOIN res_partner cp ON cp.id = l.partner_id
                    WHERE l.parent_state = 'posted' AND l.amount_currency > 0 AND l.company_id IN %(companies)s %(named)s
                      AND COALESCE(l.date_maturity, l.date) < %(day)s
                      AND (l.reconciled IS NOT TRUE
                           OR EXISTS (SELECT 1 FROM account_partial_reconcile p WHERE p.debit_move_id = l.id
                                       AND p.max_date > GREATEST(COALESCE(l.date_maturity, l.date), %(day)s - %(recent)s)))
                    ORDER BY COALESCE(l.date_maturity, l.date), l.id""",
                companies=tuple(companies.ids) or (0,),
                named=named,
                day=day,
                recent=RECENT_DAYS,
            )
        )
        return self.env["account.move.line"].browse(line_id for (line_id,) in rows)

    # -------------------------------------------------------------------------
    # The ledger
    # -------------------------------------------------------------------------

    def _flush(self):
        for model in (
            "account.move",
            "account.move.line",
            "account.partial.reconcile",
            "credit.hold",
            "credit.late.claim",
            "res.partner",
        ):
            self.env[model].flush_model()

    def _read_rows(self, move_lines, day):
        """Return the facts of the journal items by id, in order of their due dates, with their ``matches``."""
        rows = {}
        if move_lines.ids:
            self._flush()
            self.env.cr.execute(self._sql_rows(move_lines.ids))
            for row in self.env.cr.dictfetchall():
                found = rows.setdefault(row["id"], row)
                matches = found.setdefault("matches", [])
                if row["match_date"]:
                    matches.append((row["match_date"], row["match_amount"], row["is_credit_note"]))
        return rows

    def _sql_rows(self, line_ids):
        """One row per journal item and match with a posted entry; amounts in the item's currency."""
        return SQL(
            """SELECT l.id, l.move_id, l.move_name, l.company_id, l.currency_id, l.amount_currency,
                      COALESCE(l.date_maturity, l.date) AS due, COALESCE(m.invoice_date, l.date) AS date,
                      m.move_type <> 'entry' AS is_invoice, cp.id AS partner_id, ij.insolvency_date, %(kind)s AS kind,
                      CASE WHEN o.id IS NOT NULL THEN p.max_date END AS match_date,
                      p.debit_amount_currency AS match_amount, o.move_type = 'out_refund' AS is_credit_note
                 FROM account_move_line l
                 JOIN account_move m ON m.id = l.move_id
                 JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
                 JOIN res_partner lp ON lp.id = l.partner_id
                 JOIN res_partner cp ON cp.id = lp.commercial_partner_id
                 LEFT JOIN %(insolvent)s ij ON ij.partner_id = cp.id AND ij.company_id = l.company_id
                 LEFT JOIN account_partial_reconcile p ON p.debit_move_id = l.id AND p.debit_amount_currency > 0
                 LEFT JOIN account_move_line ol ON ol.id = p.credit_move_id
                 LEFT JOIN account_move o ON o.id = ol.move_id AND o.state = 'posted'
                WHERE l.id = ANY(%(ids)s) AND m.state = 'posted' AND l.amount_currency > 0 AND %(claim)s
                ORDER BY due, l.id""",
            kind=self._sql_kind(),
            insolvent=self.env["credit.hold"]._sql_insolvent(),
            ids=list(line_ids),
            claim=self._sql_is_claim(),
        )

    def _sql_kind(self):
        """The kind of customer ``cp``, as ``res.partner._followup_kind()`` says it."""
        return SQL(
            """COALESCE(cp.followup_customer_kind, CASE WHEN cp.is_company THEN 'professional' ELSE 'consumer' END)"""
        )

    def _sql_is_claim(self):
        """An invoice, or the item of an entry that is chased like one; not the debit note of a late-payment claim."""
        return SQL(
            """(m.move_type IN ('out_invoice', 'out_receipt')
                OR m.move_type = 'entry' AND m.origin_payment_id IS NULL AND m.statement_line_id IS NULL
                   AND l.no_followup IS NOT TRUE)
               AND NOT EXISTS (SELECT 1 FROM credit_late_claim c WHERE c.debit_note_id = m.id)"""
        )

    def _notice_dates(self, line_ids):
        """Return the day on which the customer received a formal notice of each journal item, where there was one: the day
        it left; a registered letter, the day it was delivered or presented (none before that is known).
        """
        if not line_ids:
            return {}
        self.env["credit.collection.action"].flush_model()
        self.env["credit.collection.action.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT al.move_line_id, MIN(CASE WHEN ac.registered THEN ac.date_delivered ELSE al.date_done END)
                     FROM credit_collection_action_line al
                     JOIN credit_collection_action ac ON ac.id = al.action_id
                     JOIN credit_dunning_level lv ON lv.id = al.level_id
                    WHERE al.move_line_id = ANY(%s) AND al.state = 'reached' AND lv.is_formal_notice
                    GROUP BY al.move_line_id""",
                line_ids,
            )
        )
        return dict(rows)

    # -------------------------------------------------------------------------
    # One item, one document
    # -------------------------------------------------------------------------

    def _late_item(self, row, policy, notice, day, factor, indemnified):
        """Return the item's :class:`LateItem`; ``indemnified``: the documents that have their indemnity, added to."""
        document = (row["move_id"], 0 if row["is_invoice"] else row["id"])
        names = ("move_name", "partner_id", "company_id", "currency_id", "due")
        facts = (row["id"], document, *(row[name] for name in names))
        if not policy:
            return LateItem(*facts, False, [], 0.0, 0.0, None)
        principal = round(row["amount_currency"] * factor)
        reductions = [
            interest_tools.Reduction(match_date, round(amount * factor), policy["retroactive"] and is_credit_note)
            for match_date, amount, is_credit_note in row["matches"]
        ]
        # An insolvency judgment concerns what was invoiced before it (C. com. L622-28); later debts are paid when due.
        judgment = row["insolvency_date"]
        stop = judgment if judgment and row["date"] < judgment else None
        interest = interest_tools.NOTHING
        if notice or not policy["from_notice"]:
            start = notice if policy["from_notice"] else None
            terms = (policy["timeline"], policy["terms"], start, stop)
            interest = interest_tools.late_interest(principal, row["due"], reductions, day, *terms)
        indemnity = 0.0
        if document not in indemnified and self._is_late(row["due"], principal, reductions, day, stop):
            indemnity = policy["indemnity"]
            indemnified.add(document)
        segments = [self._in_currency(segment, factor) for segment in interest.segments]
        return LateItem(*facts, policy["id"], segments, interest.amount / factor, indemnity, interest.missing_from)

    def _in_currency(self, segment, factor):
        return segment._replace(
            principal=segment.principal / factor,
            rate=None if segment.rate is None else float(segment.rate),
            amount=segment.amount / factor,
        )

    def _is_late(self, due, principal, reductions, day, stop):
        """Whether the instalment was not fully paid at its due date (C. com. D441-5), and payment was not forbidden then."""
        in_time = sum(
            known.amount for known in reductions if known.day <= due or (known.retroactive and known.day <= day)
        )
        return day > due and in_time < principal and not (stop and due >= stop)

    def _late_document(self, document, items):
        first = items[0]
        currency = self.env["res.currency"].browse(first.currency_id)
        return LateDocument(
            *document,
            first.name,
            first.partner_id,
            first.company_id,
            first.currency_id,
            items,
            currency.round(sum(item.interest for item in items)),
            sum(item.indemnity for item in items),
            min((item.missing_from for item in items if item.missing_from), default=None),
        )

    def _receivable_lines(self, records):
        """Return the receivable journal items of entries; of journal items, themselves and their invoices' others."""
        invoices, domain = records, Domain.FALSE
        if records._name == "account.move.line":
            invoices = records.move_id.filtered(lambda move: move.move_type != "entry")
            domain = Domain("id", "in", records.ids)
        domain |= Domain("move_id", "in", invoices.ids)
        # searched, not read from the entries: their other lines would be read, too
        return records.env["account.move.line"].search(domain & Domain("account_type", "=", "asset_receivable"))

    # -------------------------------------------------------------------------
    # Policies and claims
    # -------------------------------------------------------------------------

    @api.model
    def _policy(self, company, kind):
        """Return the company's policy for customers of a kind; none: nothing is claimed of them."""
        domain = [("company_id", "=", company.id), ("customer_kind", "=", kind)]
        return self.env["credit.interest.policy"].sudo().search(domain, limit=1)

    def _policies(self, company_ids):
        """Return what the calculation needs of each policy, by company id and customer kind."""
        policies = self.env["credit.interest.policy"].sudo().search([("company_id", "in", list(company_ids))])
        return {
            (policy.company_id.id, policy.customer_kind): {
                "id": policy.id,
                "terms": policy._terms(),
                "timeline": policy._timeline(),
                "retroactive": policy.credit_note_dating == "retroactive",
                "from_notice": policy.from_notice,
                "indemnity": policy.indemnity_amount,
            }
            for policy in policies
        }

    def _digits(self, currency_ids):
        return {currency.id: currency.decimal_places for currency in self.env["res.currency"].browse(currency_ids)}

    def _settled(self, move_ids):
        """Return (entry id, journal item id or 0, kind) of the claims that are settled one way or another."""
        claims = self.env["credit.late.claim"].sudo().search([("move_id", "in", move_ids), ("is_open", "=", False)])
        return {claim._key() for claim in claims}
