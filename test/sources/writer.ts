import { Database } from "bun:sqlite";

const SCRIPT = `
  const { Database } = require("bun:sqlite");
  const database = new Database(process.argv[1], { create: true });
  for await (const line of console) {
    if (line === "") break;
    database.exec(JSON.parse(line));
    console.log("done");
  }
`;

/** Another program that keeps a database open and writes to it. */
export class Writer implements AsyncDisposable {
  readonly #process;
  readonly #answers;

  constructor(path: string) {
    this.#process = Bun.spawn([process.execPath, "-e", SCRIPT, path], { stdin: "pipe", stdout: "pipe" });
    this.#answers = this.#process.stdout.getReader();
  }

  /** Runs some SQL and leaves the database open. */
  async run(sql: string): Promise<void> {
    void this.#process.stdin.write(`${JSON.stringify(sql)}\n`);
    await this.#process.stdin.flush();
    const { done } = await this.#answers.read();
    if (done) throw new Error(`the writer failed to run: ${sql.slice(0, 200)}`);
  }

  /** Kills the program at once, whatever it is doing. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Runs some SQL in a database and closes it again. */
export function write(path: string, sql: string): void {
  using database = new Database(path, { create: true });
  database.exec(sql);
}
