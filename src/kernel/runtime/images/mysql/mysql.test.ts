/**
 * Goal: MySQL starts as its image does, answers its clients as the real one would, and keeps its rows in files.
 * Method: start servers in a world of plain functions, ask them by mysql, read output, log and files.
 */
import { expect, test } from "vitest";
import { containerHttp, execInContainer, signalContainer, startContainer } from "#kernel/runtime/containers";
import { putText } from "#kernel/runtime/files/volume";
import { log, pass, record, restarted, START, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

const DATA = [{ path: "/var/lib/mysql", isReadOnly: false, volume: "data" }];
const ENV = { MYSQL_ROOT_PASSWORD: "secret", MYSQL_DATABASE: "shop", MYSQL_USER: "app", MYSQL_PASSWORD: "pw" };

function server(rest: Parameters<typeof spec>[1] = {}, world: TestWorld = testWorld(), image = "mysql:8.0"): TestWorld {
  startContainer(world, spec(image, { env: ENV, mounts: DATA, ...rest }));
  pass(world, 9_000, rest.id ?? "c1");
  return world;
}

/** What mysql prints of some statements, by tabs or as a table. */
function mysql(world: TestWorld, sql: string, { id = "c1", options = ["-uroot", "shop"] } = {}): string {
  const env = ["env", "MYSQL_PWD=secret"];
  const { stdout, stderr } = execInContainer(world, id, [...env, "mysql", ...options], { stdin: sql });
  return stdout + stderr;
}

test("it wants a password, sets itself up, and says so", () => {
  const world = testWorld();
  startContainer(world, spec("mysql:8.0"));
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 1 });
  expect(log(world)).toContain(
    "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n",
  );
  const ready = server();
  expect(record(ready).listening).toEqual([3306]);
  expect(log(ready)).toContain("[Note] [Entrypoint]: MySQL init process done. Ready for start up.\n");
  expect(log(ready)).toContain("/usr/sbin/mysqld: ready for connections. Version: '8.0.44'");
  expect(execInContainer(ready, "c1", ["mysqladmin", "ping"]).stdout).toBe("mysqld is alive\n");
  expect(signalContainer(ready, "c1", "SIGTERM")).toMatchObject({ state: "exited", exitCode: 0 });
  const wrong = testWorld();
  startContainer(wrong, spec("mysql:8.0", { env: ENV, args: ["--colour=red"] }));
  expect(log(wrong)).toContain("[Server] unknown variable 'colour=red'.\n");
});

const SHOP = `
CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE,
  price DECIMAL(8,2) DEFAULT 1.50, made DATE) ENGINE=InnoDB;
CREATE TABLE sales (id INT AUTO_INCREMENT PRIMARY KEY, item INT NOT NULL, n INT,
  FOREIGN KEY (item) REFERENCES items (id));
INSERT INTO items (name, price, made) VALUES ('Cup', 4.5, '2026-01-31'), ("Pan", 20, NULL), ('Jar', DEFAULT, '2026-03-01');
INSERT INTO sales (item, n) VALUES (1, 2), (1, 3), (2, 1);
`;

function shop(): TestWorld {
  const world = server();
  expect(mysql(world, SHOP)).toBe("");
  return world;
}

test.each([
  [
    "SELECT * FROM items",
    "id\tname\tprice\tmade\n1\tCup\t4.50\t2026-01-31\n2\tPan\t20.00\tNULL\n3\tJar\t1.50\t2026-03-01\n",
  ],
  [
    "SELECT i.name, SUM(s.n) AS sold FROM items i JOIN sales s ON s.item = i.id GROUP BY i.name ORDER BY sold DESC",
    "name\tsold\nCup\t5\nPan\t1\n",
  ],
  ["SELECT COUNT(*), AVG(price), MAX(name) FROM items", "COUNT(*)\tAVG(price)\tMAX(name)\n3\t8.666667\tPan\n"],
  [
    "SELECT 5/2, 5 DIV 2, 1/0, 'a' = 'A', TRUE AND NULL",
    "5/2\t5 DIV 2\t1/0\t'a' = 'A'\tTRUE AND NULL\n2.5000\t2\tNULL\t1\tNULL\n",
  ],
  ["SELECT name FROM items WHERE name LIKE 'c%' OR price > 10 LIMIT 1, 1", "name\nPan\n"],
  ["SELECT DATE_ADD(made, INTERVAL 1 MONTH) d FROM items WHERE id = 1", "d\n2026-02-28\n"],
  [
    "SELECT IF(price > 4, 'dear', 'cheap') k, GROUP_CONCAT(name ORDER BY name SEPARATOR '+') FROM items GROUP BY k",
    "k\tGROUP_CONCAT(name ORDER BY name SEPARATOR '+')\ndear\tCup+Pan\ncheap\tJar\n",
  ],
  ["SHOW TABLES", "Tables_in_shop\nitems\nsales\n"],
  [
    "DESCRIBE sales",
    "Field\tType\tNull\tKey\tDefault\tExtra\nid\tint\tNO\tPRI\tNULL\tauto_increment\nitem\tint\tNO\tMUL\tNULL\t\nn\tint\tYES\t\tNULL\t\n",
  ],
  ["INSERT INTO items (name) VALUES ('Lid'); SELECT LAST_INSERT_ID() id", "id\n4\n"],
  [
    "INSERT INTO items (id, name) VALUES (1, 'Cup') ON DUPLICATE KEY UPDATE price = price + 1; SELECT price FROM items WHERE id = 1",
    "price\n5.50\n",
  ],
  ["START TRANSACTION; DELETE FROM sales; ROLLBACK; SELECT COUNT(*) n FROM sales", "n\n3\n"],
  ["SHOW VARIABLES LIKE 'max_conn%'", "Variable_name\tValue\nmax_connections\t151\n"],
  ["SELECT DATABASE(), CURRENT_USER(), @@version", "DATABASE()\tCURRENT_USER()\t@@version\nshop\troot@%\t8.0.44\n"],
  ["ALTER TABLE items ADD COLUMN stock INT NOT NULL DEFAULT 7; SELECT stock FROM items LIMIT 1", "stock\n7\n"],
])("%s", (sql, out) => expect(mysql(shop(), sql)).toBe(out));

test.each([
  [
    "SELEC 1",
    "ERROR 1064 (42000) at line 1: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near 'SELEC 1' at line 1\n",
  ],
  ["SELECT * FROM nope", "ERROR 1146 (42S02) at line 1: Table 'shop.nope' doesn't exist\n"],
  ["SELECT nope FROM items", "ERROR 1054 (42S22) at line 1: Unknown column 'nope' in 'field list'\n"],
  [
    "INSERT INTO items (name) VALUES ('Cup')",
    "ERROR 1062 (23000) at line 1: Duplicate entry 'Cup' for key 'items.name'\n",
  ],
  ["INSERT INTO items (price) VALUES (1)", "ERROR 1364 (HY000) at line 1: Field 'name' doesn't have a default value\n"],
  ["INSERT INTO items (name) VALUES (NULL)", "ERROR 1048 (23000) at line 1: Column 'name' cannot be null\n"],
  [
    "INSERT INTO sales (item, n) VALUES ('x', 1)",
    "ERROR 1366 (HY000) at line 1: Incorrect integer value: 'x' for column 'item' at row 1\n",
  ],
  [
    "DELETE FROM items WHERE id = 1",
    "ERROR 1451 (23000) at line 1: Cannot delete or update a parent row: a foreign key constraint fails (`shop`.`sales`, CONSTRAINT `sales_ibfk_1` FOREIGN KEY (`item`) REFERENCES `items` (`id`))\n",
  ],
  ["USE nope", "ERROR 1049 (42000) at line 1: Unknown database 'nope'\n"],
  ["DROP TABLE nope", "ERROR 1051 (42S02) at line 1: Unknown table 'shop.nope'\n"],
])("refused: %s", (sql, out) => expect(mysql(shop(), sql)).toBe(out));

test("tables in boxes, lines for each value, and a prompt", () => {
  const world = shop();
  const box = "+----+------+\n| id | name |\n+----+------+\n|  1 | Cup  |\n+----+------+\n";
  expect(mysql(world, "SELECT id, name FROM items LIMIT 1", { options: ["-uroot", "-t", "shop"] })).toBe(box);
  expect(mysql(world, "SELECT id, name FROM items LIMIT 1\\G")).toBe(
    "*************************** 1. row ***************************\n  id: 1\nname: Cup\n",
  );
  const { stdout } = execInContainer(world, "c1", ["mysql", "-uroot", "-psecret"], {
    stdin: "use shop\nselect 1;\nexit\n",
    tty: true,
  });
  expect(stdout.replaceAll("\r", "")).toContain(
    "Database changed\nmysql> +---+\n| 1 |\n+---+\n| 1 |\n+---+\n1 row in set (0.00 sec)\n\nmysql> Bye\n",
  );
});

test("rows outlive the container and the simulator; setup scripts and option files are read", () => {
  const mounts = [
    ...DATA,
    { path: "/docker-entrypoint-initdb.d", isReadOnly: true, volume: "init" },
    { path: "/etc/mysql/conf.d", isReadOnly: true, volume: "conf" },
  ];
  const world = testWorld();
  const file = { mode: 0o644, uid: 0, at: START };
  putText(world.cells, "init", "a.sql", { text: "CREATE TABLE t (n INT);\nINSERT INTO t VALUES (1);\n", ...file });
  putText(world.cells, "conf", "own.cnf", { text: "[mysqld]\nmax_connections = 250\n", ...file });
  server({ mounts }, world);
  expect(mysql(world, "INSERT INTO t VALUES (2)")).toBe("");
  signalContainer(world, "c1", "SIGKILL");
  const again = server({ mounts, id: "c2" }, restarted(world));
  expect(log(again, "c2")).not.toContain("Initializing database files");
  expect(mysql(again, "SELECT n, @@max_connections m FROM t", { id: "c2" })).toBe("n\tm\n1\t250\n2\t250\n");
});

test("users see what they were granted; a wrong password is refused", () => {
  const world = shop();
  const as = (user: string, password: string, sql: string): string => {
    const { stdout, stderr } = execInContainer(world, "c1", [
      "env",
      `MYSQL_PWD=${password}`,
      "mysql",
      `-u${user}`,
      "-Ne",
      sql,
    ]);
    return stdout + stderr;
  };
  expect(as("app", "pw", "SELECT COUNT(*) FROM shop.items")).toBe("3\n");
  expect(as("app", "no", "SELECT 1")).toBe(
    "ERROR 1045 (28000): Access denied for user 'app'@'web' (using password: YES)\n",
  );
  mysql(world, "CREATE DATABASE other; CREATE USER 'eve'@'%' IDENTIFIED BY 'x'");
  expect(as("eve", "x", "USE other")).toContain(
    "ERROR 1044 (42000) at line 1: Access denied for user 'eve'@'%' to database 'other'",
  );
  mysql(world, "GRANT SELECT ON other.* TO 'eve'@'%'");
  expect(as("eve", "x", "SHOW DATABASES")).toBe("information_schema\nother\nperformance_schema\n");
});

test("a replica shows what its source holds; a dump can be read back", () => {
  const world: TestWorld = testWorld({
    http: (_, { host, port }, request) =>
      host === "mysql-0" ? containerHttp(world, "c1", port, { ...request, remoteAddress: "10.244.0.9" }) : "nxdomain",
  });
  server({}, world);
  mysql(world, SHOP);
  server({ id: "c2", mounts: [], env: { MYSQL_ALLOW_EMPTY_PASSWORD: "1" }, args: ["--super-read-only"] }, world);
  const replica = (sql: string): string => {
    const { stdout, stderr } = execInContainer(world, "c2", ["mysql", "-uroot", "-Ne", sql]);
    return stdout + stderr;
  };
  replica("CHANGE MASTER TO MASTER_HOST='mysql-0', MASTER_USER='root', MASTER_PASSWORD='secret'; START SLAVE");
  expect(replica("SELECT name FROM shop.items WHERE id = 2")).toBe("Pan\n");
  mysql(world, "UPDATE items SET name = 'Pot' WHERE id = 2");
  expect(replica("SELECT name FROM shop.items WHERE id = 2")).toBe("Pot\n");
  const { stdout } = execInContainer(world, "c1", ["env", "MYSQL_PWD=secret", "mysqldump", "-uroot", "shop"]);
  mysql(world, "CREATE DATABASE copy");
  expect(mysql(world, stdout, { options: ["-uroot", "copy"] })).toBe("");
  expect(mysql(world, "SELECT COUNT(*) n FROM sales", { options: ["-uroot", "copy"] })).toBe("n\n3\n");
});
