import re
from collections.abc import Collection

from odoo import api, models
from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainCondition
from odoo.tools import SQL


class CreditOpenItem(models.Model):  # pylint: disable=consider-merging-classes-inherited
    """How little is read: without the policy where only facts are asked for, and of the customers named only."""

    _inherit = "credit.open.item"

    def _for_rows(self, domain):
        """Return the model for the customers that ``domain`` names, by themselves or by an item or entry of theirs."""
        domain = Domain(domain)
        conditions = domain.children if isinstance(domain, DomainAnd) else [domain]
        for condition in conditions:
            if (
                isinstance(condition, DomainCondition)
                and condition.field_expr in ("id", "move_id", "partner_id")
                and condition.operator in ("in", "=")
            ):
                ids = [condition.value] if condition.operator == "=" else condition.value
                if isinstance(ids, Collection) and ids and all(type(id_) is int for id_ in ids):
                    return self.with_context(credit_rows=(condition.field_expr, tuple(ids)))
        return self

    def _for_facts(self, domain, *names):
        """Return the model without its policy columns if neither ``domain`` nor the fields named need one."""
        names = [*names, *(condition.field_expr for condition in Domain(domain).iter_conditions())]
        needed = {re.match(r"\w+", name)[0] for name in names}
        if self.env.context.get("credit_facts_only") or not needed <= self._sql_facts(self._as_of()).keys():
            return self
        return self.with_context(credit_facts_only=True)

    @api.model
    def _search(self, domain, *args, **kwargs):
        return super(CreditOpenItem, self._for_rows(domain))._search(domain, *args, **kwargs)

    @api.model
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """OVERRIDE: find a page's rows by their facts alone, then read the policy of these only."""
        facts = self._for_facts(domain, *self._order_names(order))
        if not limit or facts is self:
            return super().search_fetch(domain, field_names, offset, limit, order)
        records = super(CreditOpenItem, facts).search_fetch(domain, [], offset, limit, order).with_env(self.env)
        records.fetch()
        return records

    def _order_names(self, order):
        return [term.split()[0] for term in (order or self._order).split(",")]

    @api.model
    @api.readonly
    def search_count(self, domain, limit=None):
        return super(CreditOpenItem, self._for_facts(domain)).search_count(domain, limit)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None):
        names = [*groupby, *(name for name in aggregates if name != "__count")]
        model = self._for_facts(domain, *names) if not having else self
        groups = super(CreditOpenItem, model)._read_group(domain, groupby, aggregates, having, offset, limit, order)
        return model._in_env(groups, self.env)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        names = [name for names in grouping_sets for name in names] + [
            name for name in aggregates if name != "__count"
        ]
        model = self._for_facts(domain, *names)
        sets = super(CreditOpenItem, model)._read_grouping_sets(domain, grouping_sets, aggregates, order)
        return [model._in_env(groups, self.env) for groups in sets]

    def _read_group_orderby(self, order, groupby_terms, query):
        """EXTENDS 'base': ages and states come in the order of their list, not of their technical names."""
        ranked = dict(groupby_terms)
        for name in ranked.keys() & {"bucket", "chase_state"}:
            values = [value for value, _label in self._fields[name].selection]
            ranked[name] = SQL("ARRAY_POSITION(%s::varchar[], %s)", values, ranked[name])
        result = super()._read_group_orderby(order, ranked, query)
        groupby_terms.update({name: term for name, term in ranked.items() if name not in ("bucket", "chase_state")})
        return result

    def _in_env(self, groups, env):
        """Return the groups with their records in ``env``: what was read narrowly must not narrow what is read later."""
        if env == self.env:
            return groups
        return [
            tuple(cell.with_env(env) if isinstance(cell, models.BaseModel) else cell for cell in group)
            for group in groups
        ]

    def exists(self):
        facts = self.with_context(credit_facts_only=True)
        return super(CreditOpenItem, facts).exists().with_env(self.env)
