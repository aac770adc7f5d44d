import type { AnyRoute } from "./contract.ts";
import { about } from "./about.ts";
import { apiClients } from "./api-clients.ts";
import { apiClientsRegister } from "./api-clients-register.ts";
import { apiFeed } from "./api-feed.ts";
import { apiFileProgress } from "./api-file-progress.ts";
import { apiMachines } from "./api-machines.ts";
import { apiMessages } from "./api-messages.ts";
import { apiSessions } from "./api-sessions.ts";
import { apiStats } from "./api-stats.ts";
import { apiSync } from "./api-sync.ts";
import { apiUsageAggregate } from "./api-usage-aggregate.ts";
import { apiUsageClient } from "./api-usage-client.ts";
import { apiUsageDistributed } from "./api-usage-distributed.ts";
import { apiUsageUpload } from "./api-usage-upload.ts";
import { createInvitation } from "./create-invitation.ts";
import { createPageCode } from "./create-page-code.ts";
import { createToken } from "./create-token.ts";
import { feed } from "./feed.ts";
import { findings } from "./findings.ts";
import { forget } from "./forget.ts";
import { health } from "./health.ts";
import { ingest } from "./ingest.ts";
import { limits } from "./limits.ts";
import { listAudit } from "./list-audit.ts";
import { listMachines } from "./list-machines.ts";
import { listTokens } from "./list-tokens.ts";
import { live } from "./live.ts";
import { metrics } from "./metrics.ts";
import { openApi } from "./open-api.ts";
import { page } from "./page.ts";
import { renameMachine } from "./rename-machine.ts";
import { reports } from "./reports.ts";
import { revokeMachine } from "./revoke-machine.ts";
import { revokeToken } from "./revoke-token.ts";
import { session } from "./session.ts";
import { sessions } from "./sessions.ts";
import { upsertSession } from "./upsert-session.ts";
import { usage } from "./usage.ts";

/** All routes. */
export const routes: readonly AnyRoute[] = [
  about,
  apiClients,
  apiClientsRegister,
  apiFeed,
  apiFileProgress,
  apiMachines,
  apiMessages,
  apiSessions,
  apiStats,
  apiSync,
  apiUsageAggregate,
  apiUsageClient,
  apiUsageDistributed,
  apiUsageUpload,
  createInvitation,
  createPageCode,
  createToken,
  feed,
  findings,
  forget,
  health,
  ingest,
  limits,
  listAudit,
  listMachines,
  listTokens,
  live,
  metrics,
  openApi,
  page,
  renameMachine,
  reports,
  revokeMachine,
  revokeToken,
  session,
  sessions,
  upsertSession,
  usage,
];
