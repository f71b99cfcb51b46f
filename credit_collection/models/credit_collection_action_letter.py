from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, format_date

_lt = LazyTranslate(__name__)

DELIVERIES = [
    ("delivered", "Delivered"),
    ("unclaimed", "Presented, not collected"),
    ("refused", "Refused"),
    ("wrong_address", "Returned: wrong address"),
]


class CreditCollectionAction(models.Model):
    """Letters: printed, posted, delivered or returned. A registered one is sent when its tracking number is known."""

    _inherit = "credit.collection.action"  # pylint: disable=consider-merging-classes-inherited

    letter_id = fields.Many2one(
        "ir.attachment",
        string="Letter as Printed",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    registered = fields.Boolean(readonly=True)
    tracking_number = fields.Char(readonly=True, copy=False)
    delivery = fields.Selection(DELIVERIES, readonly=True, copy=False)
    date_delivered = fields.Date(
        string="Delivered or Returned On",
        readonly=True,
        copy=False,
        help="The day of delivery, or of the first presentation: a formal notice takes effect then.",
    )
    proof_id = fields.Many2one(
        "ir.attachment",
        string="Proof of Delivery",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    channel_note = fields.Char(compute="_compute_channel_note", string="Why This Channel")

    @api.depends("channel", "level_id.channel")
    def _compute_channel_note(self):
        labels = dict(self._fields["channel"]._description_selection(self.env))
        for action in self:
            level = action.level_id
            other = bool(level) and action.channel not in (level.channel, "manual")
            action.channel_note = other and self.env._(
                "“%(level)s” goes by another way than planned: %(channel)s instead of %(planned)s.",
                level=level.name,
                channel=labels[action.channel],
                planned=labels[level.channel],
            )

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_print(self):
        """Print these letters in one go: one file to print, and a copy kept with each. What is no longer owed is left out.

        :return: the download of the file, or a notice when none of them could be printed
        """
        printed = self.env["credit.dunning.printer"]._print(self)
        if printed:
            return printed.action_print_again()
        message = self.env._(
            "Nothing was printed: these letters wait for a confirmation, are no longer owed, lack an address, or may not "
            "leave today."
        )
        reload = {"type": "ir.actions.client", "tag": "soft_reload"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "warning", "next": reload},
        }

    def action_print_again(self):
        """Download the letters as they were printed.

        :raise UserError: when one of them was not printed
        """
        document = self.env["credit.dunning.printer"]._merge(self)
        return {"type": "ir.actions.act_url", "url": f"/web/content/{document.id}?download=true", "target": "new"}

    def action_back_to_print(self):
        """A registered letter that was printed but not posted is printed anew, with the figures of that day."""
        self._open_registered("sending")
        self._set_state("to_print", "sending", body_sent=False, message_id=False)
        self.sudo().attachment_ids.unlink()

    def action_came_back(self):
        """A letter that was not registered came back from the post: its level does not count, nor is its address used again.

        :raise UserError: for what is no plain letter that was sent
        """
        self.ensure_one()
        self.check_access("write")
        if self.channel != "letter" or self.registered:
            raise UserError(self.env._("“%s” is no plain letter: note what the post says of it.", self.display_name))
        self._void_returned()

    def action_by_letter(self):
        """Send an unsent e-mail as a letter instead; registered, where its level asks for it."""
        self._change_channel("letter")

    def action_by_email(self):
        """Send an unsent letter as an e-mail instead; it is no longer registered."""
        self._change_channel("email")

    def _change_channel(self, channel):
        """:raise UserError: for what is not written, or has left"""
        self.check_access("write")
        if set(self.mapped("channel")) & {"call", "manual"}:
            raise UserError(self.env._("A call is not written: write a message to the customer instead."))
        self._open_for_change()
        for level, actions in self.sudo().grouped("level_id").items():
            actions._write_state({"channel": channel, "registered": channel == "letter" and level.registered})
        for state, actions in self.grouped("state").items():
            if state != "to_confirm":
                actions._make_ready(state)

    # -------------------------------------------------------------------------
    # Registered letters
    # -------------------------------------------------------------------------

    def _record_posting(self, tracking_number, day):
        """The letter was handed to the post office on ``day``: it counts as sent from then on.

        :raise UserError: when it is no registered letter that was printed, or a datum is missing
        """
        self._open_registered("sending")
        if not (tracking_number or "").strip():
            raise UserError(self.env._("Enter the tracking number: without it, nothing proves that the letter left."))
        printed = fields.Datetime.context_timestamp(self, self.date_sending).date()
        if not day or not printed <= day <= fields.Date.context_today(self):
            raise UserError(
                self.env._("The day of posting must lie between the day the letter was printed and today.")
            )
        # noon is the same day in every time zone around
        noon = min(datetime.combine(day, time(12)), fields.Datetime.now())
        self._set_state("sent", "sending", day=day, tracking_number=tracking_number.strip(), date_done=noon)
        self.env["credit.dunning.history"]._write_history()

    def _record_delivery(self, delivery, day, proof=None):
        """What became of a registered letter; a wrong address gives its level back.

        :param proof: name and content of the receipt, or None
        :raise UserError: when the letter was not posted, or the day is not possible
        """
        self._open_registered("sent")
        posted = fields.Datetime.context_timestamp(self, self.date_done).date()
        if not day or not posted <= day <= fields.Date.context_today(self):
            raise UserError(self.env._("The day must lie between the day of posting and today."))
        self.check_access("write")
        attachment = self._keep_proof(proof)
        self.sudo()._write_state({"delivery": delivery, "date_delivered": day, "proof_id": attachment.id})
        labels = dict(self._fields["delivery"]._description_selection(self.env))
        self.profile_id._message_log(
            body=self.env._(
                "Registered letter %(number)s, “%(level)s”: %(delivery)s on %(day)s.",
                number=self.tracking_number,
                level=self.level_id.name or self.subject,
                delivery=labels[delivery],
                day=format_date(self.env, day),
            ),
            attachment_ids=attachment.ids,
        )
        if delivery == "wrong_address":
            self._void_returned()

    def _keep_proof(self, proof):
        """Attach the post's receipt, a (name, content) pair, to the customer's file; keep the one there is without a new one.

        :raise UserError: for another receipt than the one kept
        """
        if not proof:
            return self.proof_id
        if self.proof_id:
            raise UserError(
                self.env._(
                    "The proof “%s” is kept already. Attach further documents to the customer's collection file.",
                    self.proof_id.name,
                )
            )
        name, content = proof
        file = {"name": name, "raw": content, "res_model": "credit.profile", "res_id": self.profile_id.id}
        return self.env["ir.attachment"].create(file)

    def _void_returned(self):
        """A letter that did not find the customer does not count."""
        self._record_not_arrived(
            self.env._("Returned by the post: wrong address."),
            _lt("A letter came back: correct the address."),
            returned_address=self._postal_address(),
        )

    def _open_registered(self, state):
        """:raise UserError: unless this is one registered letter in ``state``"""
        self.ensure_one()
        if not self.registered or self.state != state:
            raise UserError(
                self.env._(
                    "“%s” is no registered letter at this stage: print it, post it, then say what became of it.",
                    self.display_name,
                )
            )

    # -------------------------------------------------------------------------
    # Addresses
    # -------------------------------------------------------------------------

    def _postal_partner(self):
        """Return whose address stands on the letter: a formal or registered one goes to the registered office; any other
        to the contact, if it has an address of its own."""
        self.ensure_one()
        office = self.registered or self.level_id.is_formal_notice
        contact = self.recipient_id if not office and self.recipient_id.city and self.recipient_id.street else False
        return contact or self.partner_id

    def _has_postal_address(self):
        partner = self._postal_partner()
        return bool(partner.city and (partner.street or partner.street2))

    def _postal_address(self):
        """Return the address of the letter in one line."""
        return ", ".join(self._postal_partner()._followup_address_lines())

    def _postal_name(self):
        return self._postal_partner().display_name if self.channel == "letter" else ""
