import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { filledHub } from "../hub/filled-hub.ts";
import { sampleLedger } from "../reports/sample.ts";
import { recordedHome } from "./ledger-home.ts";

const laptop = sampleLedger();
const home = recordedHome();
let hub: Awaited<ReturnType<typeof filledHub>>;
beforeAll(async () => {
  hub = await filledHub({ laptop });
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  laptop[Symbol.dispose]();
  home[Symbol.dispose]();
});

const days = ["daily", "--last", "400d", "--timezone", "UTC"] as const;
const run = (args: readonly string[], env: Record<string, string> = {}) => home.run("cli", args, { env });
/** The environment of a machine with the hub's file, and of one that asks the server. */
const here = () => ({ PET_HUB_STORE: hub.store });
const there = (scope: "read" | "write" = "read") => ({
  PET_HUB_URL: hub.server.address,
  PET_HUB_TOKEN: hub.tokenFor(scope),
});

describe("reports over a hub, run as a process", () => {
  test("are the same from the hub's file and from its server, in a table, JSON and CSV, and not those of this machine", async () => {
    const own = await run(days);
    for (const more of [[], ["--json"], ["--csv"], ["--by", "person"]]) {
      const [file, server] = [
        await run([...days, "--hub", ...more], here()),
        await run([...days, "--hub", ...more], there()),
      ];
      expect(server).toEqual(file);
      expect(file).toMatchObject({ code: 0, out: expect.stringContaining("2026-11-20") });
      expect(file.out).not.toBe(own.out);
    }
    expect((await run(["machines"], there())).out).toContain("laptop's person");
  });

  test("draw what is drawn here in colours of this machine", async () => {
    const [file, server] = [
      await run(["heatmap", "--hub", "--color", "--timezone", "UTC"], here()),
      await run(["heatmap", "--hub", "--color", "--timezone", "UTC"], there()),
    ];
    expect(server).toEqual(file);
    expect(file.out).toContain("\u001b[32m");
    expect(file.out).not.toContain("38;2;0;0");
  });

  test("--machine with the name of this machine is answered by its own ledger, without a hub", async () => {
    const own = await run(days);
    expect(await run([...days, "--machine", hostname()])).toEqual(own);
    expect(await run([...days, "--machine", "work"], { PET_MACHINE: "work" })).toEqual(own);
  });

  test.each([
    [["--hub"], {}, "this machine has no hub"],
    [["--machine", "mini"], {}, "this machine has no hub"],
    [["--by", "machine"], {}, "this machine has no hub"],
    [["--hub"], { PET_HUB_URL: "http://hub.example" }, "unencrypted"],
    [["--hub"], { PET_HUB_URL: "https://hub.example" }, "there is no token for https://hub.example"],
  ])("fails with a message and a hint for %j with %j", async (args, env, message) => {
    const { code, out, err } = await run([...days, ...args], env);
    expect({ code: code > 0, out }).toEqual({ code: true, out: "" });
    expect(err).toContain(message);
    expect(err.split("\n")).toHaveLength(3);
  });

  test("a token that may not read is refused, and what may read is named", async () => {
    const { code, err } = await run([...days, "--hub"], there("write"));
    expect(code).toBe(1);
    expect(err).toContain("pawprint token create NAME --scope read");
  });

  test("a hub's file that is damaged fails with a message and stays as it is", async () => {
    const folder = join(home.path, "damaged");
    mkdirSync(folder);
    const store = join(folder, "hub.db");
    await Bun.write(store, "no database");
    const { code, err } = await run([...days, "--hub"], { PET_HUB_STORE: store });
    expect(code).toBe(1);
    expect(err).toContain(store);
    expect(await Bun.file(store).text()).toBe("no database");
  });
});
