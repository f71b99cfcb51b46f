from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

MANAGER = "credit_collection.credit_collection_group_manager"
GIVEN = {"number", "level", "reached_on", "excluded_until", "reason", "company_id"}


class CreditOpening(models.Model):
    """The situation at the start, as another tool left it: levels reached and exclusions, by Odoo's own import.

    A row is applied when it is created, in the way the wizards do it, and kept. A row that cannot be applied is refused with
    a sentence, and with it the whole import.
    """

    _name = "credit.opening"
    _description = "Situation at the start"
    _order = "id desc"
    _rec_name = "number"

    number = fields.Char(
        string="Invoice or Entry",
        required=True,
        help="The number of an open invoice or entry, its reference, or the label of one of its journal items.",
    )
    level = fields.Char(string="Level Reached", help="The name of a dunning level, or its database id.")
    reached_on = fields.Date(help="The day the level was reached; empty: today.")
    excluded_until = fields.Date(help="Not chased up to and including this day.")
    reason = fields.Char(help="Why it is excluded, or where the level comes from.")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)

    # What was found
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, ondelete="set null")
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, ondelete="set null")
    level_id = fields.Many2one("credit.dunning.level", readonly=True, ondelete="restrict")

    @api.model_create_multi
    def create(self, vals_list):
        """Apply each row.

        :raise UserError: with one sentence for each row that cannot be applied; then none is
        """
        openings = super().create([{key: vals[key] for key in GIVEN & vals.keys()} for vals in vals_list])
        for company, mine in openings.grouped("company_id").items():
            mine.with_company(company)._apply(company)
        return openings

    @api.model
    def get_import_templates(self):
        """EXTENDS 'base_import': the example file, with the column titles of the user's language."""
        lang = "fr" if (self.env.context.get("lang") or "").startswith("fr") else "en"
        return [
            {
                "label": self.env._("Example: levels reached and exclusions"),
                "template": f"/credit_collection/static/xlsx/situation_at_the_start_{lang}.xlsx",
            }
        ]

    # -------------------------------------------------------------------------
    # Apply
    # -------------------------------------------------------------------------

    def _apply(self, company):
        found, problems = self._find_items(company), []
        pending = self._pending_ids(found)
        levels = self.env["credit.dunning.level"].search([("company_id", "=", company.id)])
        reached, excluded = defaultdict(list), defaultdict(list)
        for opening in self:
            items = found[opening]
            level, problem = opening._find_level(items, levels)
            problem = opening._problem(items, company, pending) or problem
            if problem:
                problems.append(problem)
                continue
            opening.sudo().write(
                {"move_id": items.move_id.id, "partner_id": items.partner_id.id, "level_id": level.id}
            )
            if level:
                note = opening.reason or self.env._("Situation at the start")
                reached[opening.reached_on or company._dunning_today(), level, note] += items.ids
            if opening.excluded_until:
                excluded[opening.excluded_until, opening.reason] += items.ids
        if problems:
            raise UserError("\n".join(problems))
        OpenItem = self.env["credit.open.item"]._of_today()
        for (day, level, note), ids in sorted(reached.items(), key=lambda group: (group[0][0], group[0][1].day)):
            self.env["credit.collection.action"]._set_level(OpenItem.browse(sorted(set(ids))), level, note, day)
        for (day, reason), ids in excluded.items():
            OpenItem.browse(sorted(set(ids)))._exclude_until(day, reason)

    def _find_items(self, company):
        """Return the open items each row means: those of the entry with that number, else of the entry with that
        reference, else the items with that label."""
        numbers = [opening.number.strip() for opening in self]
        items = (
            self.env["credit.open.item"]
            ._of_today()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("bucket", "!=", "credit"),
                    "|",
                    "|",
                    ("move_name", "in", numbers),
                    ("ref", "in", numbers),
                    ("move_line_id.name", "in", numbers),
                ]
            )
        )
        by_name, by_ref = items.grouped("move_name"), items.grouped("ref")
        by_label = items.grouped(lambda item: item.move_line_id.name)
        return {
            opening: by_name.get(number) or by_ref.get(number) or by_label.get(number) or items.browse()
            for opening, number in zip(self, numbers, strict=True)
        }

    def _pending_ids(self, found):
        """Return the ids of the items that stand in a reminder which has not left."""
        items = self.env["credit.open.item"].union(*found.values())
        lines = (
            self.env["credit.collection.action.line"]
            .sudo()
            .search([("move_line_id", "in", items.ids), ("state", "=", "pending")])
        )
        return set(lines.move_line_id.ids)

    def _find_level(self, items, levels):
        """Return the level the row names, and why there is none if it names one: of the customer's scenario first."""
        self.ensure_one()
        text = (self.level or "").strip()
        none = levels.browse()
        if not text:
            return none, False
        if text.isdecimal():
            named = levels.filtered(lambda level: level.id == int(text))
        else:
            named = levels.filtered(
                lambda level: text.lower() in (level.name.lower(), level.with_context(lang="en_US").name.lower())
            )
        own = named.filtered(lambda level: level.scenario_id == items.scenario_id[:1])
        named = own or named
        if len(named) == 1:
            return named, False
        values = {"number": self.number, "level": text, "company": self.company_id.name}
        if named:
            return none, self.env._(
                "%(number)s: several levels are called “%(level)s”; write its id instead.", **values
            )
        return none, self.env._("%(number)s: “%(level)s” is no dunning level of %(company)s.", **values)

    def _problem(self, items, company, pending):
        """Return why the row cannot be applied, or False."""
        self.ensure_one()
        number, today = self.number, company._dunning_today()
        if not items:
            return self.env._(
                "%(number)s: no open invoice, entry or item of %(company)s has this number. It may be paid, not posted, "
                "or misspelt.",
                number=number,
                company=company.name,
            )
        if len(items.move_id) > 1 or len(items.partner_id) > 1:
            return self.env._(
                "%s: several entries or customers share this number; write the label of the journal item instead.",
                number,
            )
        if not (self.level or self.excluded_until):
            return self.env._("%s: give the level reached, or the day until which it is excluded.", number)
        if self.level and not (self.env.su or self.env.user.has_group(MANAGER)):
            return self.env._("%s: only a credit manager sets a level by hand.", number)
        if self.level and pending & set(items.ids):
            return self.env._("%s stands in a reminder that has not left: cancel it first.", number)
        if self.reached_on and self.reached_on > today:
            return self.env._("%s: the day the level was reached is still to come.", number)
        if self.excluded_until and self.excluded_until < today:
            return self.env._("%s: the day until which it is excluded is past.", number)
        if self.excluded_until and not self.reason:
            return self.env._("%s: say why it is excluded.", number)
        return False
