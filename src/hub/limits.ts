/** Limits of a hub; those of frames are in model/wire.ts. */
export const hubLimits = {
  /** Milliseconds for which rows are gathered before they are written in one transaction. */
  gatherMs: 10,
  /** Rows of one transaction, so that no machine waits long for the others. */
  commitRows: 4_000,
  /** Rows of all machines that wait to be written: with more, machines are asked to come back later, and keep what they have. */
  waitingRows: 30_000,
  /** Frames of one machine that wait to be written. */
  waitingFrames: 8,
  /** Rows that one machine may send within a day. */
  rowsPerDay: 20_000_000,
  /** As how many rows of these a machine's wish to forget counts, which is kept for ever. */
  rowsOfForget: 20_000,
  /** Open streams in all, from one address and with one token. */
  streams: 16_000,
  streamsOfAddress: 12_000,
  streamsOfToken: 8,
  /** Requests that are being answered at once. */
  requests: 1_000,
  /** Bodies that are being received at once with one token, or from one address without one: each may come slowly. */
  bodiesOfSender: 32,
  /** Requests of one address, frames of one stream, and requests of one address with a wrong token, or with a wrong code: a second, and at once. */
  requestRate: [200, 2_000],
  frameRate: [100, 1_000],
  failureRate: [0.5, 60],
  /** Bytes that wait to be sent on one stream: who reads too slowly is cut off. */
  waitingBytes: 4_194_304,
  /** Seconds without a byte after which a request is ended, and a stream. */
  idleSeconds: 5,
  streamIdleSeconds: 150,
  /** Seconds in which a request must be answered. */
  answerSeconds: 60,
} as const;
