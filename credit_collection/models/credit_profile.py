from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate

_lt = LazyTranslate(__name__)


class CreditProfile(models.Model):
    """A customer's collection file in a company.

    Reminders, replies and bounces arrive in its history. What a person decided about chasing the customer stands
    here; the figures come from the open items when they are read.
    """

    _name = "credit.profile"
    _description = "Collection file"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "partner_id, company_id"
    _rec_names_search = ["partner_id"]
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('parent_id', '=', False)]",
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")

    # Decisions
    collector_id = fields.Many2one("res.users", tracking=True, check_company=True)
    scenario_id = fields.Many2one(
        "credit.dunning.scenario",
        tracking=True,
        check_company=True,
        ondelete="restrict",
        help="Empty: the company's default.",
    )
    always_confirm = fields.Boolean(
        tracking=True, help="Nothing leaves to this customer before a person has confirmed it."
    )
    paused_until = fields.Date(tracking=True, help="Nothing is sent up to and including this day.")
    pause_reason = fields.Char(tracking=True)
    contact_ids = fields.Many2many(
        "res.partner",
        string="Collection Contacts",
        domain="[('commercial_partner_id', '=', partner_id)]",
        help="Reminders go to the first of them that has an e-mail address; else to the invoice contact; else to the customer.",
    )
    periodic_invoices = fields.Boolean(
        tracking=True,
        help="One invoice for the deliveries of a period: French law allows 45 days after the invoice date.",
    )

    # What came back
    reply_waiting = fields.Boolean(
        string="Answer to Read",
        readonly=True,
        copy=False,
        help="The next reminder waits until someone has read the answer.",
    )
    bounced_email = fields.Char(
        string="Address in Error", readonly=True, copy=False, help="Reminders to this address came back."
    )
    returned_address = fields.Char(
        string="Postal Address in Error",
        tracking=True,
        copy=False,
        help="A letter to this address came back, so none is printed for it. Empty it to use the address again.",
    )

    # Figures
    item_ids = fields.Many2many("credit.open.item", compute="_compute_items", string="Open Items")
    amount_due = fields.Monetary(compute="_compute_amounts", string="Open Balance", help="In the company's currency.")
    amount_overdue = fields.Monetary(compute="_compute_amounts", string="Overdue", help="In the company's currency.")
    action_ids = fields.Many2many("credit.collection.action", compute="_compute_action_ids", string="Reminders")
    late_move_ids = fields.Many2many("account.move", compute="_compute_late", string="Due for Late Payment")
    late_claim_ids = fields.Many2many("credit.late.claim", compute="_compute_late", string="Late-Payment Claims")

    _partner_company_uniq = models.Constraint(
        "UNIQUE (partner_id, company_id)", "This customer already has a collection file in this company."
    )

    @api.depends("partner_id.display_name")
    def _compute_display_name(self):
        for profile in self:
            profile.display_name = profile.partner_id.display_name

    @api.depends("partner_id", "company_id")
    def _compute_items(self):
        items = self._read_items("id:recordset")
        for profile in self:
            (profile.item_ids,) = items.get(profile, (False,))

    @api.depends("partner_id", "company_id")
    def _compute_amounts(self):
        amounts = self._read_items("amount_residual:sum", "amount_overdue:sum")
        for profile in self:
            profile.amount_due, profile.amount_overdue = amounts.get(profile, (0.0, 0.0))

    def _read_items(self, *aggregates):
        """Return these aggregates of the customers' open items, by file."""
        groups = (
            self.env["credit.open.item"]
            ._of_today()
            ._read_group(
                self._customers_domain(),
                ["partner_id", "company_id"],
                aggregates,
            )
        )
        by_key = {(partner, company): figures for partner, company, *figures in groups}
        keys = {profile: (profile.partner_id, profile.company_id) for profile in self}
        return {profile: by_key[key] for profile, key in keys.items() if key in by_key}

    @api.depends("partner_id", "company_id")
    def _compute_action_ids(self):
        groups = self.env["credit.collection.action"]._read_group(
            self._customers_domain(), ["partner_id", "company_id"], ["id:recordset"]
        )
        by_key = {(partner, company): actions for partner, company, actions in groups}
        for profile in self:
            actions = by_key.get((profile.partner_id, profile.company_id), self.env["credit.collection.action"])
            profile.action_ids = actions.sorted()

    @api.depends("partner_id", "company_id")
    def _compute_late(self):
        Claim = self.env["credit.late.claim"]
        day = fields.Date.context_today(self)
        for profile in self:  # one file at a time: shown on its form only
            lines = self.env["credit.late.interest"]._late_lines(day, profile.company_id, profile.partner_id)
            moves = self.env["account.move"].search_fetch(
                [("line_ids", "in", lines.ids)], ["company_id", "currency_id"], order="invoice_date_due, id"
            )
            # the list reads the same figures; sudo: who may read them is decided where they are shown
            profile.late_move_ids = moves.filtered(lambda move: move.sudo()._followup_is_due_late())
            profile.late_claim_ids = Claim.search(profile._customer_domain())

    @api.constrains("partner_id")
    def _check_commercial_partner(self):
        for profile in self:
            if profile.partner_id != profile.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%s is a contact: open the collection file of its company.", profile.partner_id.display_name
                    )
                )

    @api.constrains("paused_until", "pause_reason")
    def _check_pause_reason(self):
        for profile in self:
            if profile.paused_until and not profile.pause_reason:
                raise ValidationError(self.env._("Say why %s is paused.", profile.partner_id.display_name))

    def write(self, vals):
        if {"partner_id", "company_id"} & vals.keys():
            raise UserError(
                self.env._("A collection file stays with its customer and company. Merge the customers instead.")
            )
        return super().write(vals)

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_mark_read(self):
        """The customer's answer was read: reminders may go on."""
        self.write({"reply_waiting": False})
        for profile in self:
            profile._message_log(body=self.env._("Answer read: reminders may go on."))

    def action_forget_bounce(self):
        """Use again the address that reminders came back from."""
        self.write({"bounced_email": False})

    def action_claim_late(self):
        """Claim the interest and indemnities due today on this customer's invoices. Collectors only (access rights).

        :raise UserError: when nothing is due
        """
        self.ensure_one()
        self.check_access("write")
        day = fields.Date.context_today(self)
        lines = self.env["credit.late.interest"]._late_lines(day, self.company_id, self.partner_id)
        if not self.env["credit.late.claim"]._claim(lines, day):
            raise UserError(
                self.env._(
                    "Nothing is due for late payment, or all of it was settled. Check the policy for such customers "
                    "and the reference rates."
                )
            )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_write_message(self):
        """Open a new message to the customer, with the overdue items listed; it is sent and kept like a reminder."""
        self.ensure_one()
        return self._prepare_action(self._recipient(), self._overdue_items().move_line_id)._get_records_action()

    def _plan_call(self, day, move_lines, recipient=None, note=False):
        """Return a new call to make on ``day``, about these journal items as far as they are still open."""
        self.ensure_one()
        action = self._prepare_action(recipient or self._recipient(), move_lines, date_planned=day, note=note)
        action.sudo()._write_state({"channel": "call", "state": "to_do"})
        return action

    def _overdue_items(self):
        """Return the overdue items and the credits that a message to the customer lists."""
        late = ["|", ("days_overdue", ">", 0), ("bucket", "=", "credit")]
        items = self.env["credit.open.item"]._of_today().search(self._customer_domain() + late)
        return items.filtered(lambda item: item.chase_state not in ("excluded", "disputed"))

    def _prepare_action(self, recipient, move_lines, **vals):
        """Return a new action of no level towards this customer, which lists these items."""
        action = self.env["credit.collection.action"].create(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "recipient_id": recipient.id,
                "user_id": self.env.uid,
                **vals,
            }
        )
        items = self.env["credit.open.item"]._of_today().search([("id", "in", move_lines.ids)])
        self.env["credit.collection.action.line"].create(
            [{"action_id": action.id, "move_line_id": item.id} for item in items]
        )
        return action

    def _recipient(self):
        """Return the contact reminders go to, as the open items say it."""
        self.ensure_one()
        return self._recipients()[self]

    def _recipients(self):
        """Return the contact reminders go to, by file."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT pr.id, %s FROM credit_profile pr JOIN res_partner p ON p.id = pr.partner_id WHERE pr.id IN %s",
                self.env["credit.open.item"]._sql_recipient(),
                tuple(self.ids) or (0,),
            )
        )
        recipients = self.env["res.partner"].browse(recipient for _profile, recipient in rows)
        return dict(zip(self.browse(profile for profile, _recipient in rows), recipients, strict=True))

    # -------------------------------------------------------------------------
    # The run and the mail gateway
    # -------------------------------------------------------------------------

    @api.model
    def _create_missing(self, company):
        """Create the files of customers with open items in ``company``, in one statement."""
        self.env.flush_all()
        items = self.env["credit.open.item"].sudo()._of_today().with_context(credit_facts_only=True)
        query = items._search([("company_id", "=", company.id), ("partner_id", "!=", False)])
        self.env.cr.execute(
            SQL(
                """INSERT INTO credit_profile
                          (partner_id, company_id, limit_kind, create_uid, create_date, write_uid, write_date)
                   SELECT DISTINCT partner_id, company_id, 'amount', %(uid)s::int, now() at time zone 'UTC', %(uid)s::int,
                          now() at time zone 'UTC'
                     FROM (%(items)s) i
                   ON CONFLICT (partner_id, company_id) DO NOTHING""",
                uid=self.env.uid,
                items=query.select(
                    SQL("%s AS partner_id", items._field_to_sql(items._table, "partner_id", query)),
                    SQL("%s AS company_id", items._field_to_sql(items._table, "company_id", query)),
                ),
            )
        )
        self.env["credit.open.item"].invalidate_model()

    def _customer_domain(self):
        return [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]

    def _customers_domain(self):
        return Domain("partner_id", "in", self.partner_id.ids) & Domain("company_id", "in", self.company_id.ids)

    def _of_customers(self, model, domain=Domain.TRUE):
        """Return the records of a model about these customers, by file."""
        found = self.env[model].search(self._customers_domain() & domain)
        by_key = found.grouped(lambda record: (record.partner_id, record.company_id))
        keys = {profile: (profile.partner_id, profile.company_id) for profile in self}
        return {profile: by_key[key] for profile, key in keys.items() if key in by_key}

    def _raise_activity(self, xmlid, summary, note=None, responsible=None):
        """Ask the collector to act, once: not again while such an activity is open.

        :param summary: lazy: it is read in the language of who is asked
        :param dict note: a text by profile, or None
        :param dict responsible: who is asked instead, by profile
        """
        activities = self.env["mail.activity"]
        busy = self.browse(activities._followup_open([xmlid], self).mapped("res_id"))
        responsible = responsible or self._responsible()
        activities._followup_ask(
            xmlid, {profile: responsible[profile] for profile in self - busy}, note or {}, summary
        )

    @api.model
    def _log_about(self, sentences):
        """Tell these sentences in the history of the customers' files, those of a customer in one message.

        :param dict sentences: by record, of a model with ``partner_id`` and ``company_id``
        """
        for company in {record.company_id for record in sentences}:
            told = {}
            for record, sentence in sentences.items():
                if record.company_id == company:
                    told.setdefault(record.sudo().partner_id.commercial_partner_id.id, []).append(escape(sentence))
            files = self.env["res.partner"].browse(told)._followup_profiles(company, create=True)
            files._message_log_batch(
                bodies={file.id: Markup("<br/>").join(told[file.partner_id.id]) for file in files}
            )

    def _responsible(self):
        """Return who answers for each customer's reminders: the collector, else the user, else a credit manager."""
        by_company = self._managers(self.company_id)
        collects = self.env.user.has_group("credit_collection.credit_collection_group_user") and not self.env.su
        user = self.env.user if collects else self.env["res.users"]
        return {
            profile: profile.collector_id.filtered("active") or user or by_company[profile.company_id] or self.env.user
            for profile in self
        }

    @api.model
    def _managers(self, companies, but=None):
        """Return the credit manager who answers for each company: the first one, if possible another user than ``but``;
        or nobody."""
        managers = self.env.ref("credit_collection.credit_collection_group_manager").sudo().all_user_ids
        managers = managers.filtered(lambda user: user.active and not user.share).sorted(lambda user: user == but)
        return {
            company: managers.filtered(lambda user, company=company: company in user.company_ids)[:1]
            for company in companies
        }

    def message_update(self, msg_dict, update_vals=None):
        """EXTENDS 'mail': an answer holds the next reminder until someone has read it."""
        res = super().message_update(msg_dict, update_vals)
        self.write({"reply_waiting": True})
        self._raise_activity("credit_collection.mail_activity_reply", _lt("Read the customer's answer."))
        return res

    def _merge_into(self, target):
        """Move what hangs on these files to ``target`` (the customers were merged) and delete them."""
        for profile in self:
            profile._move_history(target)
            kept = (
                "collector_id",
                "scenario_id",
                "always_confirm",
                "reply_waiting",
                "bounced_email",
                "returned_address",
            )
            vals = {name: profile[name] for name in kept if profile[name] and not target[name]}
            vals = self._convert_to_write(vals)
            if profile.paused_until and (not target.paused_until or target.paused_until < profile.paused_until):
                vals.update(paused_until=profile.paused_until, pause_reason=profile.pause_reason)
            vals["contact_ids"] = [fields.Command.link(contact.id) for contact in profile.contact_ids]
            target.write(vals)
        self.unlink()

    def _move_history(self, target):
        """Hang messages, activities and attachments on ``target``. In SQL: sent reminders refuse to be changed."""
        self.env.flush_all()
        for table, model_field in (
            ("mail_message", "model"),
            ("mail_activity", "res_model"),
            ("ir_attachment", "res_model"),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET res_id = %s WHERE %s = %s AND res_id = %s",
                    SQL.identifier(table),
                    target.id,
                    SQL.identifier(model_field),
                    self._name,
                    self.id,
                )
            )
        self.env.invalidate_all()
