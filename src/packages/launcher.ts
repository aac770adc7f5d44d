#!/usr/bin/env node
// The `pawprint` that npm links. It runs in Node 18 and newer: it replaces itself with the executable of this platform's
// package, or, started by bunx, with Bun and the bundle. The line never passes through it: `install` copies the program itself.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { isatty } from "node:tty";
import { engines, version } from "../../package.json";
import { executableIn, packageOf, type Platform, platformOf, platforms } from "./platforms.ts";

/** ISOLATED of utils/paths.ts, which would bring the settings with it. */
const FLAGS = ["--no-env-file", "--config=/dev/null", "--tsconfig-override=/dev/null"];
const BUNX = `bunx pawprint@${version}`;
const WITH_BUN = `with Bun ${engines.bun.replace(">=", "")} or newer, run: ${BUNX}`;

const numbersOf = (text: string): number[] => (/\d+\.\d+\.\d+/.exec(text)?.[0] ?? "0.0.0").split(".").map(Number);

/** Whether a version of Bun is older than another; both may have other text around them. */
function isOlder(text: string, than: string): boolean {
  const wanted = numbersOf(than);
  const [differing] = numbersOf(text).flatMap((number, index) => number - (wanted[index] ?? 0) || []);
  return differing !== undefined && differing < 0;
}

/** The Bun that started this, as bunx or as Node; null if there is none, or one that is too old for the bundle. */
function bunInUse(): string | null {
  const agent = process.env["npm_config_user_agent"] ?? "";
  const own = process.versions["bun"];
  const path = own ? process.execPath : agent.startsWith("bun/") ? process.env["npm_execpath"] : undefined;
  if (!path || isOlder(own ?? agent, engines.bun)) return null;
  // A Bun that is called "bunx" runs packages.
  const bun = path.replace(/bunx(\.exe)?$/, "bun$1");
  return existsSync(bun) ? bun : null;
}

/** The path of the loader that a Linux program names, such as /lib/ld-musl-x86_64.so.1; null for others, and if it cannot be read. */
function loaderOf(program: string): string | null {
  try {
    const bytes = Buffer.alloc(4_096);
    const file = openSync(program, "r");
    const length = readSync(file, bytes);
    closeSync(file);
    return /\/[\x21-\x7e]*\/ld-[\x21-\x7e]+/.exec(bytes.toString("latin1", 0, length))?.[0] ?? null;
  } catch {
    return null;
  }
}

/** The C library that this Node uses, which is one that this machine has. */
function libcInUse(): Platform["libc"] {
  if (process.platform !== "linux") return null;
  return loaderOf(process.execPath)?.includes("ld-musl-") ? "musl" : "glibc";
}

/** The executable of a platform's package, or null if the package is not installed. */
function executableOf(platform: Platform): string | null {
  try {
    return join(dirname(require.resolve(`${packageOf(platform)}/package.json`)), executableIn(platform));
  } catch {
    return null;
  }
}

function fail(message: string, hint: string): void {
  console.error(`pawprint: ${message}\n  ${hint}`);
  process.exitCode = 1;
}

/** Runs a program in place of this one where Node can, otherwise as its child, with the same terminal, signals and exit status. */
function run(program: string, args: readonly string[]): void {
  if (process.platform !== "win32" && "execve" in process) process.execve(program, [program, ...args]);
  // What is pressed at a terminal reaches the child as well. On Windows a signal that is sent on would end it at once.
  const isShared = process.platform === "win32" || [0, 1, 2].some((fd) => isatty(fd));
  const relay = {
    SIGINT: () => isShared || child.kill("SIGINT"),
    SIGQUIT: () => isShared || child.kill("SIGQUIT"),
    SIGHUP: () => child.kill("SIGHUP"),
    SIGTERM: () => child.kill("SIGTERM"),
  };
  // Before the child starts: a signal that arrives in between is handled after both.
  for (const [signal, send] of Object.entries(relay)) process.on(signal, send);
  const child = spawn(program, args, { stdio: "inherit" });
  child.on("error", ({ message }) => fail(`${program} does not start: ${message}`, WITH_BUN));
  child.on("exit", (code, signal) => {
    for (const [name, send] of Object.entries(relay)) process.off(name, send);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}

function main(args: readonly string[]): void {
  const bun = bunInUse();
  if (bun) return run(bun, [...FLAGS, join(dirname(require.main?.filename ?? ""), "cli.js"), ...args]);
  const platform = platformOf(process.platform, process.arch, libcInUse());
  if (!platform) {
    const there = platforms.map(({ name }) => name).join(", ");
    return fail(`there is no executable for ${process.platform} on ${process.arch}; there is for ${there}`, WITH_BUN);
  }
  const name = packageOf(platform);
  const program = executableOf(platform);
  if (!program || !existsSync(program)) {
    const command = `npm install --global pawprint@${version} ${name}@${version}`;
    return fail(
      `the package ${name}, which has the executable, is not installed`,
      `run: ${command}\n  (without --global if it is installed in a project)\n  or, ${WITH_BUN}`,
    );
  }
  const loader = platform.libc ? loaderOf(program) : null;
  if (loader && !existsSync(loader)) return fail(`${program} needs ${loader}, which this system lacks`, WITH_BUN);
  return run(program, args);
}

main(process.argv.slice(2));
