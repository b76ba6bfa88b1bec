CREATE TABLE `attempts` (
	`id` text PRIMARY KEY NOT NULL,
	`lab` text NOT NULL,
	`cluster` text NOT NULL,
	`created_at` integer NOT NULL,
	`graded_at` integer,
	`score` integer,
	`max` integer,
	`tasks` text
);
--> statement-breakpoint
CREATE INDEX `attempts_cluster` ON `attempts` (`cluster`);--> statement-breakpoint
CREATE INDEX `attempts_lab` ON `attempts` (`lab`);--> statement-breakpoint
CREATE TABLE `cells` (
	`cluster` text NOT NULL,
	`room` text NOT NULL,
	`id` text NOT NULL,
	`json` text NOT NULL,
	PRIMARY KEY(`cluster`, `room`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `clusters` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`options` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `clusters_expires_at` ON `clusters` (`expires_at`);--> statement-breakpoint
CREATE TABLE `journals` (
	`cluster` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`turn` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `labs` (
	`slug` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL,
	`lab` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `objects` (
	`cluster` text NOT NULL,
	`group` text NOT NULL,
	`version` text NOT NULL,
	`resource` text NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	`uid` text NOT NULL,
	`revision` integer NOT NULL,
	`json` text NOT NULL,
	PRIMARY KEY(`cluster`, `group`, `resource`, `namespace`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `snapshot_parts` (
	`snapshot` text NOT NULL,
	`part` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`snapshot`, `part`)
);
--> statement-breakpoint
CREATE TABLE `snapshots` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`cluster` text NOT NULL,
	`created_at` integer NOT NULL,
	`now` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`options` text NOT NULL
);
