from collections.abc import Collection

from odoo import models
from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainCondition


class CreditNamedRows(models.AbstractModel):
    """A read model whose SQL reads little when a search names the rows it is about by their ids."""

    _name = "credit.named.rows"
    _description = "Rows named by a search"

    def _named_rows(self, domain, names, most=None):
        """Return by which of these fields, and which ids, every row found by ``domain`` is named: (name, ids), or None.

        :param int most: more ids than these are not named one by one: the whole table is read at once
        """
        domain = Domain(domain)
        for condition in domain.children if isinstance(domain, DomainAnd) else [domain]:
            if not isinstance(condition, DomainCondition) or condition.field_expr not in names:
                continue
            ids = [condition.value] if condition.operator == "=" else condition.value
            if (
                condition.operator in ("in", "=")
                and isinstance(ids, Collection)
                and 0 < len(ids) <= (most or len(ids))
                and all(type(id_) is int for id_ in ids)
            ):
                return condition.field_expr, tuple(ids)
        return None
