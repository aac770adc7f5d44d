import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devDependencies, version } from "../../package.json";
import { flagsOf } from "../../src/commands/contract.ts";
import { serve } from "../../src/commands/serve.ts";

const root = join(import.meta.dir, "../..");
const read = (name: string): string => readFileSync(join(root, "data/deploy", name), "utf8");

/** The words of a command that are not options of `serve`, other than the name of the command itself. */
const unknownWords = ([name, ...words]: readonly string[]): string[] => {
  const flags = new Set((serve.options ?? []).flatMap(flagsOf));
  return name === serve.name ? words.filter((word) => !flags.has(word.split("=")[0] ?? "")) : [String(name)];
};

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly [key: string]: unknown;
}
interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

/** Keys of a service: https://github.com/compose-spec/compose-spec/blob/main/05-services.md */
const SERVICE_KEYS = new Set(
  `build image command restart stop_grace_period read_only tmpfs volumes expose cap_add cap_drop security_opt mem_limit ulimits
  networks depends_on ports environment`.split(/\s+/),
);

describe("the compose file", () => {
  const file = Bun.YAML.parse(read("compose.yaml")) as ComposeFile;
  const services = Object.entries(file.services);

  test("has only keys that compose knows, and refers only to what it declares", () => {
    expect(Object.keys(file).toSorted()).toEqual(["name", "networks", "services", "volumes"]);
    expect(services.flatMap(([, one]) => Object.keys(one).filter((key) => !SERVICE_KEYS.has(key)))).toEqual([]);
    for (const [, { volumes = [], networks = [], depends_on: others = {}, ports = [] }] of services) {
      for (const volume of volumes) expect(Object.keys(file.volumes)).toContain(volume.split(":")[0] ?? "");
      for (const network of networks) expect(Object.keys(file.networks)).toContain(network);
      for (const other of Object.keys(others)) expect(Object.keys(file.services)).toContain(other);
      for (const port of ports) expect(port).toMatch(/^\d+:\d+(?:\/udp)?$/);
    }
  });

  test("builds the Dockerfile of this version, and pins the images of others", () => {
    const { build, image } = file.services["hub"] as ComposeService;
    const { context = "", dockerfile = "" } = build ?? {};
    expect(existsSync(join(root, "data/deploy", context, dockerfile))).toBe(true);
    expect(image).toBe(`pawprint:${version}`);
    for (const [, one] of services) expect(one.image).toMatch(/:\d/);
  });

  test("runs serve with options that it has, and lets only the proxy be reached", () => {
    const { command, ports } = file.services["hub"] as ComposeService;
    expect(unknownWords(command)).toEqual([]);
    expect(ports).toBeUndefined();
    expect(command.find((word) => word.startsWith("--url="))).toMatch(/^--url=https:\/\/\$\{HUB_DOMAIN:\?/);
  });
});

describe("the Dockerfile", () => {
  const instructions = read("Dockerfile")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter(Boolean)
    .map((line) => /^([A-Z]+) (.*)$/.exec(line)?.slice(1) ?? ["", line]);
  const argumentsOf = (name: string): string[] =>
    instructions.flatMap(([instruction, text = ""]) => (instruction === name ? [text] : []));

  test("has only instructions that exist, and copies what the source has", () => {
    const known = "FROM WORKDIR COPY RUN USER ENV VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD".split(" ");
    expect(instructions.filter(([name = ""]) => !known.includes(name))).toEqual([]);
    const copied = argumentsOf("COPY").filter((text) => !text.startsWith("--from="));
    for (const path of copied.flatMap((text) => text.split(" ").slice(0, -1)))
      expect({ path, exists: existsSync(join(root, path)) }).toEqual({ path, exists: true });
    const stages = argumentsOf("FROM").flatMap((text) => / AS (\w+)$/.exec(text)?.[1] ?? []);
    for (const text of argumentsOf("COPY"))
      if (text.startsWith("--from=")) expect(stages).toContain(/^--from=(\w+)/.exec(text)?.[1] ?? "");
  });

  test("uses the Bun of this project, runs as a user of its own, and starts serve with options that it has", () => {
    for (const image of argumentsOf("FROM")) expect(image).toContain(`oven/bun:${devDependencies["bun-types"]}-`);
    expect(argumentsOf("USER")).toEqual(["bun"]);
    expect(unknownWords(JSON.parse(argumentsOf("CMD").at(-1) ?? "") as string[])).toEqual([]);
  });

  test("gives the folder of the data to the user that runs the hub", () => {
    expect(argumentsOf("RUN").at(-1)).toContain("install -d -m 0700 -o bun -g bun /data");
    expect(argumentsOf("ENV")).toEqual(["HOME=/data PET_HOME=/data"]);
    expect(argumentsOf("VOLUME")).toEqual(["/data"]);
  });
});

describe("the unit for a system", () => {
  test("runs serve with options that it has", () => {
    const [, ...words] = /^ExecStart=(.*)$/m.exec(read("pawprint-hub.service"))?.[1]?.split(" ") ?? [];
    expect(unknownWords(words)).toEqual([]);
  });

  test.skipIf(Bun.which("systemd-analyze") === null)("is accepted by systemd", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pawprint-unit-"));
    const path = join(folder, "pawprint-hub.service");
    // The program is not installed here, which systemd looks at too.
    writeFileSync(
      path,
      read("pawprint-hub.service").replace("ExecStart=/usr/local/bin/pawprint", "ExecStart=/bin/true"),
    );
    const child = Bun.spawn(["systemd-analyze", "verify", "--man=no", path], { stdio: ["ignore", "ignore", "pipe"] });
    const said = (await child.stderr.text()).split("\n").filter((line) => line.includes("pawprint-hub"));
    expect({ said, code: await child.exited }).toEqual({ said: [], code: 0 });
    rmSync(folder, { recursive: true });
  });
});
