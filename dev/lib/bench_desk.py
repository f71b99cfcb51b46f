"""The jobs of the collector's desk that dev/bench measures: the worklist, a customer's file, the night's judging."""

from lxml import etree

from bench_orders import BIG

COLUMNS = ("priority", "overdue", "claimable", "promised", "disputed", "days_overdue")
LIST = "credit_collection.credit_customer_position_view_list"
FILE = "credit_collection.credit_profile_view_form"
# What the views ask for: read once, as the web client does.
KNOWN: dict = {}


def worklist(env, domain: list) -> list[tuple]:
    """What the list's controller asks for."""
    Position = env["credit.customer.position"]
    page = Position.web_search_read(domain, specification(Position, LIST), limit=80, count_limit=10001)
    # of what the list shows, the figures that the plain statement has too
    return [(row["id"], *(row[name] for name in COLUMNS), page["length"]) for row in page["records"]]


def customer_file(env) -> list[tuple]:
    """The collection file of the customer with 500 open invoices, as its form reads it: every item of it."""
    profile = env["credit.profile"].search([("partner_id.ref", "=", BIG)])
    [values] = profile.web_read(specification(profile, FILE))
    return [(item["id"], item["amount_residual_currency"], item["chase_state"]) for item in values["item_ids"]]


def specification(model, view: str) -> dict:
    """What the web client asks for to show this view: its fields, and those of the lists in it."""
    if view not in KNOWN:
        KNOWN[view] = asked(etree.fromstring(model.get_view(model.env.ref(view).id)["arch"]), model)
    return KNOWN[view]


def asked(node, model) -> dict:
    found = {}
    for child in node:
        if child.tag == "field":
            field = model._fields[child.get("name")]
            inner = asked(child, model.env[field.comodel_name]) if field.relational else {}
            if field.type == "many2one":
                inner = {"display_name": {}}
            found[field.name] = {"fields": inner} if inner else {}
        else:
            found |= asked(child, model)
    return found


def judge(env) -> None:
    """What the night does with the promises."""
    env["credit.promise"]._cron_judge()
    env.flush_all()


def review(env) -> None:
    """What the night does with the disputes."""
    env["credit.dispute"]._cron_review()
    env.flush_all()
