/** A request received by the stand-in. */
export interface Request {
  readonly at: number;
  /** Process id of the sender, from its base address; null if unknown. */
  readonly by: number | null;
  readonly method: string;
  readonly path: string;
}

/** A local server in place of the Messages API, with a list of its requests. */
export interface StandIn {
  readonly port: number;
  readonly requests: Request[];
  /** The usage reported in each answer from now on. */
  usage: object;
  stop(): Promise<void>;
}

interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly type: string; readonly text?: string }[];
}
interface Prompt {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly Message[];
}
type Block = { type: "text"; text: string } | { type: "tool_use"; id: string; name: string; input: object };

const USAGE = {
  input_tokens: 900,
  output_tokens: 40,
  cache_creation_input_tokens: 1_500,
  cache_read_input_tokens: 24_000,
};

/** The tool call for each word of a "plan:". */
const TOOLS: Readonly<Record<string, (folder: string) => [name: string, input: object]>> = {
  bash: () => ["Bash", { command: "echo paw", description: "Print a word" }],
  write: (folder) => ["Write", { file_path: `${folder}/note.txt`, content: "one\ntwo\n" }],
  edit: (folder) => [
    "Edit",
    { file_path: `${folder}/note.txt`, old_string: "two", new_string: "2", replace_all: false },
  ],
};

const textOf = ({ content }: Message): string =>
  typeof content === "string" ? content : content.map((block) => block.text ?? "").join("\n");

const usesTool = ({ role, content }: Message): boolean =>
  role === "assistant" && typeof content !== "string" && content.some((block) => block.type === "tool_use");

/** The next tool of the newest plan in the conversation; null if there is no plan or it is done. */
function nextTool(messages: readonly Message[]): string | null {
  const asked = messages.findLastIndex((message) => message.role === "user" && /plan:[a-z]/.test(textOf(message)));
  const words = /plan:([a-z,]+)/.exec(messages[asked] ? textOf(messages[asked]) : "")?.[1]?.split(",") ?? [];
  return words[messages.slice(asked + 1).filter(usesTool).length] ?? null;
}

/** Response headers with a subscription's limits: shares from 0 to 1, resets in epoch seconds. */
function limitHeaders(limits: { fiveHour: number; weekly: number }, now: number): Record<string, string> {
  const reset = (hours: number): string => String(Math.floor(now / 1_000) + hours * 3_600);
  const values = {
    status: "allowed",
    "representative-claim": "five_hour",
    reset: reset(2),
    "5h-status": "allowed",
    "5h-utilization": String(limits.fiveHour / 100),
    "5h-reset": reset(2),
    "7d-status": "allowed",
    "7d-utilization": String(limits.weekly / 100),
    "7d-reset": reset(96),
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]),
  );
}

/** Converts a message to a stream of server-sent events. */
function eventStream(message: { content: Block[]; stop_reason: string; usage: object }): string {
  const events: { type: string; [key: string]: unknown }[] = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
  ];
  for (const [index, block] of message.content.entries()) {
    const [empty, delta] =
      block.type === "text"
        ? [
            { ...block, text: "" },
            { type: "text_delta", text: block.text },
          ]
        : [
            { ...block, input: {} },
            { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
          ];
    events.push({ type: "content_block_start", index, content_block: empty });
    events.push({ type: "content_block_delta", index, delta }, { type: "content_block_stop", index });
  }
  const { stop_reason, usage } = message;
  events.push({ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage }, { type: "message_stop" });
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/**
 * Starts the stand-in on a free loopback port. It answers a prompt with "plan:bash,write,edit" with those tools in turn, and any
 * other prompt with text. The address /by/<pid>/v1/... gives the sender's process id. Limits are in percent.
 */
export function startStandIn(folder: string, limits: { fiveHour: number; weekly: number }): StandIn {
  const requests: Request[] = [];
  let answers = 0;

  function answer(body: Prompt, now: number): Response {
    const number = String((answers += 1)).padStart(4, "0");
    const tool = TOOLS[nextTool(body.messages ?? []) ?? ""]?.(folder);
    const content: Block[] = tool
      ? [{ type: "tool_use", id: `toolu_standin${number}`, name: tool[0], input: tool[1] }]
      : [{ type: "text", text: `Purr ${number}.` }];
    const message = {
      id: `msg_standin${number}`,
      type: "message",
      role: "assistant",
      model: body.model,
      content,
      stop_reason: tool ? "tool_use" : "end_turn",
      stop_sequence: null,
      usage: standIn.usage,
    };
    const headers = { ...limitHeaders(limits, now), "request-id": `req_standin${number}` };
    if (!body.stream) return Response.json(message, { headers });
    return new Response(eventStream(message), { headers: { ...headers, "content-type": "text/event-stream" } });
  }

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 120,
    async fetch(request) {
      const now = Date.now();
      const [, by, path = "/"] = /^(?:\/by\/(\d+))?(\/.*)$/.exec(new URL(request.url).pathname) ?? [];
      requests.push({ at: now, by: by ? Number(by) : null, method: request.method, path });
      if (request.method === "POST" && path === "/v1/messages") return answer((await request.json()) as Prompt, now);
      if (path === "/v1/messages/count_tokens") return Response.json({ input_tokens: 1_000 });
      return Response.json({ type: "error", error: { type: "not_found_error", message: "not here" } }, { status: 404 });
    },
  });
  const standIn: StandIn = { port: server.port ?? 0, requests, usage: USAGE, stop: () => server.stop(true) };
  return standIn;
}
