/**
 * Limits: every bound of the kernel in one place, with its unit in its name.
 */
export const LIMITS = {
  /** Nodes and pods of which parameters of the kernel set at run time are kept. */
  sysctlKeepers: 5_000,
  /** Largest request body, as the real API server's (3 MiB). */
  requestBytes: 3 * 1024 * 1024,
  /** Largest object at rest, as etcd's default of 1.5 MiB. */
  objectBytes: 1_572_864,
  /** JSON texts of objects kept for the next one who asks, all clusters of an isolate together. */
  textChars: 1_000_000,
  /** Changes kept for watches that resume; older ones are compacted. */
  changesKept: 4_000,
  /** The same where memory is short: in a cluster of more than `largeCluster` objects. */
  changesKeptIfLarge: 1_000,
  largeCluster: 10_000,
  /** How long a list may be continued: upstream compacts what it was read from every five minutes. */
  continueMs: 5 * 60_000,
  /** Pods one reconcile of a ReplicaSet creates or deletes; the rest comes with the next one. */
  podsPerReconcile: 50,
  /** Work one turn may do before it yields: a reconcile costs 1 and each of its writes `workPerWrite`. */
  workPerTurn: 600,
  workPerWrite: 6,
  /** Looks at one key within one instant before it is put off; and of one that was put off a moment ago. */
  looksPerInstant: 500,
  looksOfHotKey: 20,
  /** Longest virtual time one call of advance may pass. */
  advanceMs: 366 * 24 * 3_600_000,
  /** Largest log kept of one container, as the kubelet's containerLogMaxSize (10 MiB) scaled to a simulator. */
  containerLogBytes: 1_048_576,
  /** Event objects live this long (kube-apiserver --event-ttl). */
  eventTtlMs: 3_600_000,
  /** Events kept at most; beyond it the oldest go early, so that a storm of them cannot fill a cluster's memory. */
  eventsKept: 20_000,
  /** Steps the processes of one container take in one wake; what is left waits for the next. */
  stepsPerWake: 10_000,
  /** Steps of a command that must end within one turn (a probe, a hook). */
  stepsPerExec: 100_000,
  /** Thousandths of a core the processes of one container may keep busy; a machine has fewer. */
  busyMillis: 1_000_000,
  /** Machines of one cluster. */
  machines: 1_005,
  /** Processes in one container; a fork beyond it fails. */
  processesPerContainer: 256,
  /** Contents of a pipe before its writer waits. */
  pipeChars: 65_536,
  /** Largest value of a shell variable, and largest input a tool holds as a whole. */
  textHeldChars: 4_194_304,
  /** Largest file that is read as a whole; tools that read piece by piece take any. */
  fileReadBytes: 16_777_216,
  /** Longest file there can be, as ext4's. */
  fileBytes: 17_592_186_044_416,
  /** What the files of a cluster hold together (zeros take no room); a node's disk is full beyond it. */
  keptFileBytes: 40_000_000,
  /** Files, directories and links in one volume or writable layer. */
  filesPerVolume: 10_000,
  /** Output of a terminal nobody has fetched, before its writer waits. */
  sessionChars: 262_144,
  /** Runs of traffic a cluster keeps; requests one round of it sends at most; requests of a whole run. */
  trafficRuns: 20,
  trafficBatch: 200,
  trafficRequests: 1_000_000,
  /** Connections that last, of one cluster together; one more is not answered. */
  connections: 1_024,
  /** What may lie in a connection unread before it is reset. */
  connectionChars: 4_194_304,
  /** Input of a session that its command has not read; a client that sends more is cut off. */
  sessionInputChars: 8_388_608,
  /** Turns in a row with work left over, as far as they slow down a command somebody waits for (320 ms a turn). */
  strainOfSessions: 5,
  /** Requests of all containers of a cluster to its API server within one instant. */
  apiRequestsAtOnce: 256,
  /** WebSockets from outside and port-forwards that one cluster has open at once. */
  outsideSockets: 256,
  /** Requests between containers that one request may lead to, however they fan out; the rest are not answered. */
  requestsPerRequest: 1_000,
  /** Containers that ask each other within one request, before the innermost is cut off. */
  requestDepth: 16,
  /** Steps of one search for devices over all nodes; what is not found by then counts as not there. */
  deviceSteps: 50_000,
  /** Names drawn for one generateName before AlreadyExists is answered. */
  generateNameTries: 8,
  /** Texts in the Warning headers of one answer. */
  warningsPerRequest: 64,
  /** Calls to servers outside that one request, or one reconcile, may make. */
  callsPerWork: 64,
  /** Objects a conversion webhook gets in one review. */
  convertedPerCall: 200,
  /** Largest answer that is taken from a server outside. */
  replyChars: 3 * 1024 * 1024,
  /** Objects a sample API server keeps. */
  sampleObjects: 200,
  /** Characters of one of them. */
  sampleObjectChars: 16 * 1024,
  /** Calls to servers outside that one cluster makes at once; what is beyond waits. */
  callsAtOnce: 6,
} as const;
