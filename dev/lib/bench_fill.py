"""Fills a database of dev/bench: python bench_fill.py NAME ledger|history [SIZE]"""

import sys

import bench_data
import bench_odoo
import bench_orm
import odoo_server


def main() -> None:
    name, stage, size = sys.argv[1:]
    registry = bench_odoo.registry(name, odoo_server.LOG_DIR / "cc_bench_fill.log")
    with bench_odoo.environment(registry) as env:
        if stage == "ledger":
            bench_data.build(env, size)
            env.cr.commit()
            check(env)
        else:
            import bench_history

            bench_history.add(env)


def check(env) -> None:
    found = bench_orm.differences(env)
    env.cr.rollback()
    if found:
        sys.exit("The ORM does not agree with the ledger made by SQL:\n" + "\n".join(found[:20]))
    print(f"  the ORM agrees on {bench_orm.SAMPLE} records of each model", flush=True)


if __name__ == "__main__":
    main()
