// Stands for the process that reads hub.db: answers each request as its parameters say.
const lines = console[Symbol.asyncIterator]();
await lines.next();
for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const { id, params } = JSON.parse(line) as { id: number; params: { behaviour: string } };
  if (params.behaviour === "hangs") while (Bun.sleepSync(1_000) === undefined);
  if (params.behaviour === "ends") process.exit(1);
  if (params.behaviour === "fails")
    console.log(JSON.stringify({ id, error: { code: "bad_usage", message: "no", hint: "say it otherwise" } }));
  else {
    const body = params.behaviour === "talks" ? "x".repeat(100_000) : process.pid;
    console.log(JSON.stringify({ id, answer: { body }, days: [] }));
  }
}

export {};
