/**
 * Stock images with one program, told in one piece: most applications and servers.
 */
import type { Answer, Stock, StockProgram } from "#kernel/runtime/images/stock/stock";

/** An image with a shell and one program in it. */
export interface Single {
  readonly repositories: readonly string[];
  readonly megabytes: number;
  /** Where the program lies, and where it lies besides. */
  readonly path: string;
  readonly links?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** Absent = the program itself, or nothing beside an entrypoint. */
  readonly cmd?: readonly string[];
  readonly user?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly verbs?: Stock["verbs"];
  readonly flavor?: Stock["flavor"];
  readonly files?: Stock["files"];
  readonly ports: StockProgram["ports"];
  readonly isDeclared?: true;
  readonly takes: StockProgram["takes"];
  readonly startMs?: number;
  readonly isPrinting?: true;
  needs?(...args: Parameters<NonNullable<StockProgram["needs"]>>): string | undefined;
  says?(...args: Parameters<NonNullable<StockProgram["says"]>>): string;
  logs?(...args: Parameters<NonNullable<StockProgram["logs"]>>): string;
  readonly answers: Readonly<Record<string, Answer>>;
  readonly otherwise?: Answer;
  readonly endsWith?: number;
}

/** Such an image by its parts. */
export function single(parts: Single): Stock {
  const {
    repositories,
    megabytes,
    entrypoint,
    cmd,
    user,
    env,
    workingDir,
    flavor = "gnu",
    files,
    verbs,
    ...program
  } = parts;
  return {
    repositories,
    tags: /^[\w][\w.-]*$/,
    megabytes,
    flavor,
    config: {
      ...(entrypoint === undefined ? {} : { entrypoint }),
      cmd: cmd ?? (entrypoint === undefined ? [program.path] : []),
      ports: program.ports.map((one) => (typeof one === "number" ? one : one.port)),
      ...(user === undefined ? {} : { user }),
      ...(env === undefined ? {} : { env }),
      ...(workingDir === undefined ? {} : { workingDir }),
    },
    ...(files === undefined ? {} : { files }),
    ...(verbs === undefined ? {} : { verbs }),
    tools: ["+curl", "+bash"],
    programs: [program],
  };
}
