/** One attempt to reach the world outside: whose (process id, null where it tells none), and which host and port. */
export interface Knock {
  readonly by: number | null;
  readonly host: string;
}

/** A proxy that lets nobody out and writes down who wanted where. */
export interface BlockedProxy {
  readonly port: number;
  readonly knocks: Knock[];
  stop(): void;
}

/** Starts the blocked proxy on a free loopback port; the user name of a proxy address tells the process id. */
export function startBlockedProxy(): BlockedProxy {
  const knocks: Knock[] = [];
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
