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

/** Another program that has a database open and writes into it. */
export class Writer implements AsyncDisposable {
  readonly #process;
  readonly #answers;

  constructor(path: string) {
    this.#process = Bun.spawn([process.execPath, "-e", SCRIPT, path], { stdin: "pipe", stdout: "pipe" });
    this.#answers = this.#process.stdout.getReader();
  }

  /** Does what some SQL says, and leaves the database open. */
  async run(sql: string): Promise<void> {
    void this.#process.stdin.write(`${JSON.stringify(sql)}\n`);
    await this.#process.stdin.flush();
    const { done } = await this.#answers.read();
    if (done) throw new Error(`the writer could not: ${sql.slice(0, 200)}`);
  }

  /** Ends it at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Does what some SQL says in a database that is then closed again. */
export function write(path: string, sql: string): void {
  using database = new Database(path, { create: true });
  database.exec(sql);
}
