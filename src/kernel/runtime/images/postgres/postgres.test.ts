/**
 * Goal: PostgreSQL starts as its image does, answers psql as the real one would, and keeps its rows in files.
 * Method: start servers in a world of plain functions, ask them by psql, read output, log and files.
 */
import { expect, test } from "vitest";
import { containerHttp, execInContainer, signalContainer, startContainer } from "#kernel/runtime/containers";
import { putText } from "#kernel/runtime/files/volume";
import { log, pass, record, restarted, START, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

const DATA = [{ path: "/var/lib/postgresql", isReadOnly: false, volume: "data" }];
const ENV = { POSTGRES_PASSWORD: "secret" };

function server(rest: Parameters<typeof spec>[1] = {}, world: TestWorld = testWorld()): TestWorld {
  startContainer(world, spec("postgres:17", { env: ENV, mounts: DATA, ...rest }));
  pass(world, 5_000, rest.id ?? "c1");
  return world;
}

function psql(world: TestWorld, sql: string, rest: readonly string[] = ["-U", "postgres"], id = "c1"): string {
  const { stdout, stderr } = execInContainer(world, id, ["psql", ...rest], { stdin: sql });
  return stdout + stderr;
}

test("it wants a password, sets itself up, and says so", () => {
  const world = testWorld();
  startContainer(world, spec("postgres:17"));
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 1 });
  expect(log(world)).toContain("Error: Database is uninitialized and superuser password is not specified.\n");
  const ready = server();
  expect(record(ready).listening).toEqual([5432]);
  expect(log(ready)).toContain("PostgreSQL init process complete; ready for start up.\n");
  expect(log(ready)).toContain("LOG:  database system is ready to accept connections\n");
  expect(execInContainer(ready, "c1", ["pg_isready"]).stdout).toBe(
    "/var/run/postgresql:5432 - accepting connections\n",
  );
  expect(signalContainer(ready, "c1", "SIGINT")).toMatchObject({ state: "exited", exitCode: 0 });
});

const SHOP = `
create table customers (id serial primary key, name varchar(20) not null unique, city text default 'Seoul');
create table orders (id serial primary key, customer int references customers(id) on delete cascade,
  total numeric(10,2), at date);
insert into customers (name) values ('Ann'), ('Bob'), ('Cho');
update customers set city = 'Busan' where name = 'Cho';
insert into orders (customer, total, at) values (1, 10.5, '2026-01-01'), (1, 20, '2026-02-01'), (2, 5, '2026-03-01');
`;

function shop(): TestWorld {
  const world = server();
  psql(world, SHOP);
  return world;
}

/** Statements on one shop, in order, and what psql prints without head and foot. */
test.each([
  ["select * from customers order by id", "1|Ann|Seoul\n2|Bob|Seoul\n3|Cho|Busan\n"],
  ["select name from customers where name like '_o%' or id in (1, 9) order by name desc", "Bob\nAnn\n"],
  [
    "select c.name, count(o.id) n, sum(total) from customers c left join orders o on o.customer = c.id group by c.id order by n desc, 1",
    "Ann|2|30.50\nBob|1|5.00\nCho|0|\n",
  ],
  ["select city, count(*) from customers group by city having count(*) > 1", "Seoul|2\n"],
  ["select avg(total) from orders", "11.8333333333333333\n"],
  ["select 7/2, 7.0/2, 7%2, 2^3 is null", "ERROR"],
  ["select 7/2, -7/2, 7%2, round(2.567, 1), upper('x') || 'y'", "3|-3|1|2.6|Xy\n"],
  ["select name from customers where id = (select customer from orders order by total limit 1)", "Bob\n"],
  [
    "select name from customers c where exists (select 1 from orders o where o.customer = c.id and total > 15)",
    "Ann\n",
  ],
  ["with big as (select * from orders where total >= 10) select count(*) from big", "2\n"],
  ["select distinct city from customers order by 1", "Busan\nSeoul\n"],
  ["select 1 union select 1 union all select 2 order by 1 desc", "2\n1\n"],
  [
    "select case when id > 2 then 'new' else 'old' end k, count(*) from customers group by 1 order by 1",
    "new|1\nold|2\n",
  ],
  ["select at + interval '1 month' from orders where id = 1", "2026-02-01\n"],
  ["select '5'::int + 1, cast('t' as boolean), null is null", "6|t|t\n"],
  ["select sum(g) from generate_series(1, 100) g", "5050\n"],
  ["select string_agg(name, ', ') from customers", "Ann, Bob, Cho\n"],
  ["select * from customers limit 1 offset 1", "2|Bob|Seoul\n"],
  ["insert into customers (name) values ('Dan') returning id, name", "4|Dan\nINSERT 0 1\n"],
  [
    "insert into customers (id, name) values (1, 'Ann') on conflict (id) do update set name = excluded.name || '!' returning name",
    "Ann!\nINSERT 0 1\n",
  ],
  ["delete from customers where id = 1", "DELETE 1\n"],
])("%s", (sql, out) => {
  const world = shop();
  const { stdout, stderr } = execInContainer(world, "c1", ["psql", "-U", "postgres", "-At", "-c", sql]);
  expect(out === "ERROR" ? stderr.slice(0, 5) : stdout + stderr).toBe(out);
});

test.each([
  ["selec 1", 'ERROR:  syntax error at or near "selec"\nLINE 1: selec 1\n        ^\n'],
  [
    "select * from nope",
    'ERROR:  relation "nope" does not exist\nLINE 1: select * from nope\n                      ^\n',
  ],
  [
    "select nope from customers",
    'ERROR:  column "nope" does not exist\nLINE 1: select nope from customers\n               ^\n',
  ],
  [
    "insert into customers (name) values ('Ann')",
    'ERROR:  duplicate key value violates unique constraint "customers_name_key"\nDETAIL:  Key (name)=(Ann) already exists.\n',
  ],
  [
    "insert into customers (city) values ('x')",
    'ERROR:  null value in column "name" of relation "customers" violates not-null constraint\n',
  ],
  [
    "insert into orders (customer) values (77)",
    'ERROR:  insert or update on table "orders" violates foreign key constraint "orders_customer_fkey"\nDETAIL:  Key (customer)=(77) is not present in table "customers".\n',
  ],
  [
    "insert into customers (name) values ('a name that is far too long for it')",
    "ERROR:  value too long for type character varying(20)\n",
  ],
  ["select 1/0", "ERROR:  division by zero\n"],
  ["select 'a'::int", 'ERROR:  invalid input syntax for type integer: "a"\n'],
  [
    "select name, count(*) from customers",
    'ERROR:  column "customers.name" must appear in the GROUP BY clause or be used in an aggregate function\nLINE 1: select name, count(*) from customers\n               ^\n',
  ],
  ["create table customers (id int)", 'ERROR:  relation "customers" already exists\n'],
  ["drop table nope", 'ERROR:  table "nope" does not exist\n'],
  [
    "select nope(1)",
    "ERROR:  function nope(integer) does not exist\nLINE 1: select nope(1)\n               ^\nHINT:  No function matches the given name and argument types. You might need to add explicit type casts.\n",
  ],
  ["select count(*) from generate_series(1, 100000000)", "ERROR:  canceling statement due to statement timeout\n"],
])("refused: %s", (sql, out) => {
  const { stderr, exitCode } = execInContainer(shop(), "c1", ["psql", "-U", "postgres", "-c", sql]);
  expect(stderr).toBe(out);
  expect(exitCode).toBe(1);
});

test("tables as psql prints them, and its commands", () => {
  const world = shop();
  expect(psql(world, "select id, name from customers where id < 3;")).toBe(
    " id | name \n----+------\n  1 | Ann\n  2 | Bob\n(2 rows)\n\n",
  );
  expect(psql(world, "\\dt")).toBe(
    "           List of relations\n Schema |   Name    | Type  |  Owner   \n--------+-----------+-------+----------\n" +
      " public | customers | table | postgres\n public | orders    | table | postgres\n(2 rows)\n\n",
  );
  expect(psql(world, "\\d customers")).toContain('    "customers_pkey" PRIMARY KEY, btree (id)\n');
  expect(psql(world, "\\d customers")).toContain(" name   | character varying(20) |           | not null | \n");
  expect(psql(world, "\\d nope")).toBe('Did not find any relation named "nope".\n');
  expect(psql(world, "create database app;\n\\c app\n\\dt")).toBe(
    'CREATE DATABASE\nYou are now connected to database "app" as user "postgres".\nDid not find any relations.\n',
  );
});

test("a transaction is put back, and takes nothing more once a statement has failed", () => {
  const world = shop();
  const out = psql(world, "begin; delete from orders; select count(*) from orders; rollback;", [
    "-U",
    "postgres",
    "-At",
  ]);
  expect(out).toBe("BEGIN\nDELETE 3\n0\nROLLBACK\n");
  expect(psql(world, "begin; selec; select 1; commit;")).toContain(
    "ERROR:  current transaction is aborted, commands ignored",
  );
  expect(psql(world, "select count(*) from orders", ["-U", "postgres", "-At"])).toBe("3\n");
});

test("rows outlive the container and the simulator; setup scripts run once", () => {
  const scripts = [...DATA, { path: "/docker-entrypoint-initdb.d", isReadOnly: true, volume: "init" }];
  const world = testWorld();
  const file = { mode: 0o644, uid: 0, at: START };
  putText(world.cells, "init", "a.sql", { text: "create table t (n int);\ninsert into t values (1);\n", ...file });
  server({ mounts: scripts, env: { ...ENV, POSTGRES_DB: "app", POSTGRES_USER: "me" } }, world);
  expect(psql(world, "insert into t values (2)", ["-U", "me", "app"])).toBe("INSERT 0 1\n");
  signalContainer(world, "c1", "SIGKILL");
  const again = server({ mounts: scripts, id: "c2" }, restarted(world));
  expect(log(again, "c2")).toContain(
    "PostgreSQL Database directory appears to contain a database; Skipping initialization\n",
  );
  expect(psql(again, "select n from t", ["-U", "me", "-At", "app"], "c2")).toBe("1\n2\n");
});

test("from elsewhere it asks for the password", () => {
  const world: TestWorld = testWorld({
    http: (_, { host, port }, request) =>
      host === "db" ? containerHttp(world, "c1", port, { ...request, remoteAddress: "10.244.0.9" }) : "nxdomain",
    connect: (_, { host }) => (host === "db" ? "open" : "nxdomain"),
    resolve: (_, name) => (name === "db" ? ["10.96.0.7"] : []),
  });
  server({}, world);
  startContainer(world, spec("postgres:17", { id: "c2", command: ["sleep", "infinity"] }));
  const at = (host: string, password?: string): string => {
    const words = [
      "env",
      ...(password === undefined ? [] : [`PGPASSWORD=${password}`]),
      "psql",
      "-h",
      host,
      "-U",
      "postgres",
      "-Atc",
      "select 1",
    ];
    const { stdout, stderr } = execInContainer(world, "c2", words);
    return stdout + stderr;
  };
  expect(at("db", "secret")).toBe("1\n");
  const failed = 'psql: error: connection to server at "db" (10.96.0.7), port 5432 failed: ';
  expect(at("db", "wrong")).toBe(`${failed}FATAL:  password authentication failed for user "postgres"\n`);
  expect(at("db")).toBe(`${failed}fe_sendauth: no password supplied\n`);
  expect(at("nowhere")).toBe(
    'psql: error: could not translate host name "nowhere" to address: Name or service not known\n',
  );
});

test("a dump can be read back", () => {
  const world = shop();
  const { stdout } = execInContainer(world, "c1", ["pg_dump", "-U", "postgres", "postgres"]);
  psql(world, "create database copy");
  expect(psql(world, stdout, ["-U", "postgres", "copy"])).not.toContain("ERROR");
  expect(psql(world, "select name, city from customers order by 1", ["-U", "postgres", "-At", "copy"])).toBe(
    "Ann|Seoul\nBob|Seoul\nCho|Busan\n",
  );
});
