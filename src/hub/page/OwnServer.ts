import type { ReportPlace } from "../../reports/shared/run.ts";
import { PawprintError } from "../../utils/errors.ts";
import { fields } from "../../utils/json.ts";
import { CommitFeed } from "../CommitFeed.ts";
import { Connections } from "../Connections.ts";
import type { AnyRoute, PlaceContext, RouteAnswer } from "../routes/contract.ts";
import { about } from "../routes/about.ts";
import { live } from "../routes/live.ts";
import { page } from "../routes/page.ts";
import { reports } from "../routes/reports.ts";
import type { PageServices, ServerAbout } from "../services.ts";
import { HttpServer, type ListenOptions } from "../HttpServer.ts";
import { PageKeys } from "./PageKeys.ts";

/** All that can be asked of a server for one machine's own ledger. */
const routes: readonly AnyRoute<PageServices, PlaceContext>[] = [about, live, page, reports];

/** How a machine's own ledger is served. */
export interface OwnServerOptions extends Pick<PageServices, "now" | "program" | "failed"> {
  /** 0 for any free port. */
  readonly port: number;
  readonly files: ListenOptions["page"];
  readonly about: Omit<ServerAbout, "kind">;
  /** What reports run on, once what is new has been read. */
  place(): Promise<ReportPlace>;
}

/** Serves the page for one machine's own ledger, to this machine only. Its codes and tokens end with it. */
export class OwnServer {
  readonly live: CommitFeed;
  readonly #keys: PageKeys;
  readonly #connections = new Connections();
  readonly #http: HttpServer<PageServices, PlaceContext>;

  /** Starts to listen. Throws what HttpServer throws. */
  constructor({ port, files, about: shown, place, now, program, failed }: OwnServerOptions) {
    this.live = new CommitFeed(now());
    this.#keys = new PageKeys(now);
    this.#http = new HttpServer<PageServices, PlaceContext>({
      host: "127.0.0.1",
      port,
      url: null,
      tls: null,
      corsOrigin: null,
      isOpen: false,
      page: files,
      routes,
      services: {
        tokens: this.#keys,
        live: this.live,
        connections: this.#connections,
        about: () => ({ kind: "machine", ...shown }),
        now,
        program,
        failed,
        isOwn: true,
      },
      read: async (name, params): Promise<RouteAnswer> => {
        const read = routes.find((one) => one.name === name)?.read;
        if (!read) throw new Error(`the route ${name} does not read`);
        // Its own name selects all that there is.
        const { machine, ...others } = fields(params);
        const given = machine === shown.name || machine === undefined ? others : { ...others, machine };
        return read(given, { place: await place() });
      },
    });
  }

  /** Such as http://127.0.0.1:40123. */
  get address(): string {
    return this.#http.address;
  }

  /** The address of the page with a code that lets one browser in, within a minute. */
  pageUrl(): string {
    return `${this.address}/#code=${this.#keys.pageCode().code}`;
  }

  /** Ends all streams, and stops to listen. */
  async stop(): Promise<void> {
    this.#connections.end(() => true, new PawprintError("hub_away", "the page is being stopped", "open it again"));
    await this.#http.stop();
  }
}
