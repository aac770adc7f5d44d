/** An attempt to connect to the outside: the process id (null if unknown), and the host and port. */
export interface ConnectionAttempt {
  readonly by: number | null;
  readonly host: string;
}

/** A proxy that refuses all connections and records the attempts. */
export interface BlockedProxy {
  readonly port: number;
  readonly knocks: ConnectionAttempt[];
  stop(): void;
}

/** Starts the blocked proxy on a free loopback port. The user name of a proxy address is the process id. */
export function startBlockedProxy(): BlockedProxy {
  const knocks: ConnectionAttempt[] = [];
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        const head = bytes.toString();
        const name = /^Proxy-Authorization: Basic (\S+)/im.exec(head)?.[1];
        const by = name ? Number.parseInt(Buffer.from(name, "base64").toString(), 10) : null;
        knocks.push({ by, host: /^\w+ (\S+)/.exec(head)?.[1] ?? "" });
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      },
    },
  });
  return { port: server.port, knocks, stop: () => server.stop(true) };
}
