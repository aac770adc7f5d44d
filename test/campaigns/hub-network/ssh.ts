import { $ } from "bun";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Checks, until } from "../e2e/checks.ts";
import type { Network } from "./network.ts";
import type { Node } from "./node.ts";

/** Fetches the usage of a host by a real ssh from a real sshd there, into the hub of another machine. */
export async function checkPull(
  checks: Checks,
  network: Network,
  { hub, host, folder }: { readonly hub: Node; readonly host: Node; readonly folder: string },
): Promise<void> {
  const sshd = Bun.which("sshd", { PATH: "/usr/sbin:/usr/bin" });
  if (sshd === null || Bun.which("ssh") === null) return checks.note("left out: there is no sshd");
  const keys = join(folder, "ssh");
  mkdirSync(keys, { mode: 0o700 });
  for (const name of ["host", "user"]) await $`ssh-keygen -q -t ed25519 -N ${""} -f ${keys}/${name}`.quiet();
  await $`cp ${keys}/user.pub ${keys}/authorized`.quiet();
  mkdirSync("/run/sshd", { recursive: true });
  // The command runs in the home of the host, as a login there would.
  const config = `Port 2222
ListenAddress ${host.address}
HostKey ${keys}/host
AuthorizedKeysFile ${keys}/authorized
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
PidFile none
ForceCommand HOME=${host.home} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
`;
  writeFileSync(`${keys}/sshd`, config);
  const client = `Host laptop
  HostName ${host.address}
  Port 2222
  User root
  IdentityFile ${keys}/user
  IdentitiesOnly yes
  UserKnownHostsFile ${keys}/known
  StrictHostKeyChecking accept-new
  LogLevel ERROR
Host away
  HostName 10.77.0.250
  ConnectTimeout 2
`;
  writeFileSync(`${keys}/client`, client);
  mkdirSync(join(hub.home, "bin"));
  writeFileSync(join(hub.home, "bin/ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F ${keys}/client "$@"\n`, { mode: 0o755 });
  const server = Bun.spawn([...network.on(host.name), sshd, "-D", "-e", "-f", `${keys}/sshd`], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    await until(5_000, async () => {
      const { exitCode } =
        await $`ip netns exec ${network.host(hub.name).namespace} ssh-keyscan -p 2222 ${host.address}`
          .quiet()
          .nothrow();
      return exitCode === 0;
    });
    host.work(25);
    const started = performance.now();
    const pulled = await hub.run(["pull", "laptop", "away"]);
    checks.check(
      "a host that is away does not stop the other",
      pulled.status === 1 && /^away: /m.test(pulled.err),
      pulled.err.trim(),
    );
    checks.check(
      "pull fetches by ssh",
      /^laptop: [\d,]+ rows fetched$/m.test(pulled.out),
      `${pulled.out.trim()}, ${Math.round(performance.now() - started)} ms`,
    );
    checks.same("all of its usage is in hub.db", hub.totals("hub.db", "laptop"), host.worked);
    host.work(5);
    const again = await hub.run(["pull"], { PET_PULL_HOSTS: "laptop" });
    checks.check(
      "the next time only what is new comes",
      again.status === 0 && Number(/^laptop: (\d+) /m.exec(again.out)?.[1]) < 50,
      again.out.trim() || again.err,
    );
    checks.same("and the balance is exact", hub.totals("hub.db", "laptop"), host.worked);
  } finally {
    server.kill();
    await server.exited;
  }
}
