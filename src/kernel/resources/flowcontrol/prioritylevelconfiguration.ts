/**
 * PriorityLevelConfiguration: how many requests of a level run at once, and how the others wait.
 *
 * Models pkg/registry/flowcontrol/prioritylevelconfiguration, pkg/apis/flowcontrol/validation and the table printer.
 */
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { column, defineResource, type Resource } from "#kernel/registry/definition";
import { MANDATORY_LEVELS } from "#kernel/resources/flowcontrol/bootstrap";
import { validateConditions } from "#kernel/resources/flowcontrol/condition.validate";
import { equal } from "#kernel/sim/clone";

const TYPES: readonly string[] = ["Exempt", "Limited"];
const RESPONSES: readonly string[] = ["Queue", "Reject"];
const QUEUES_MAX = 10_000_000;
const ENTROPY_BITS_MAX = 60;

export const prioritylevelconfigurations: Resource<PriorityLevelConfiguration> =
  defineResource<PriorityLevelConfiguration>({
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1",
    names: {
      kind: "PriorityLevelConfiguration",
      plural: "prioritylevelconfigurations",
      singular: "prioritylevelconfiguration",
    },
    scope: "Cluster",
    hasGeneration: true,
    subresources: { status: true },
    fixedOnStatus: "all",

    setDefaults({ spec }) {
      const { exempt, limited } = spec ?? {};
      if (exempt !== undefined) {
        exempt.nominalConcurrencyShares ??= 0;
        exempt.lendablePercent ??= 0;
      }
      if (limited !== undefined) setLimitedDefaults(limited);
    },
    prepareForCreate(level) {
      level.status = {};
    },

    validate({ metadata, spec, status }, at) {
      validateSpec(metadata.name, spec ?? { type: "" }, at.under("spec"));
      const fixed = MANDATORY_LEVELS.find((one) => one.metadata.name === metadata.name);
      if (fixed !== undefined && !equal(comparable(fixed.spec), comparable(spec))) {
        at("spec").invalid(spec, `spec of '${metadata.name}' must equal the fixed value`);
      }
      validateConditions(status?.conditions, at.under("status"));
    },
    validateStatusUpdate({ status }, _old, at) {
      validateConditions(status?.conditions, at.under("status"));
    },

    columns: [
      column("Type", "string", ({ spec }) => spec.type, "Whether its requests are limited at all."),
      column("NominalConcurrencyShares", "string", (level) => sharesOf(level) ?? "<none>", "Its share of the whole."),
      column("Queues", "string", (level) => queuingOf(level)?.queues ?? "<none>", "Where its requests wait."),
      column("HandSize", "string", (level) => queuingOf(level)?.handSize ?? "<none>", "Queues a flow is dealt."),
      column(
        "QueueLengthLimit",
        "string",
        (level) => queuingOf(level)?.queueLengthLimit ?? "<none>",
        "How long they get.",
      ),
    ],
  });

/** What of a mandatory level is fixed: of an exempt one, its shares may be chosen. */
function comparable(spec: Partial<PriorityLevelConfiguration["spec"]> = {}): unknown {
  return spec.exempt === undefined ? spec : { ...spec, exempt: {} };
}

const sharesOf = ({ spec: { limited, exempt } }: PriorityLevelConfiguration): number | undefined =>
  (limited ?? exempt)?.nominalConcurrencyShares;

const queuingOf = ({ spec }: PriorityLevelConfiguration): QueuingConfiguration | undefined =>
  spec.limited?.limitResponse?.queuing;

function setLimitedDefaults(limited: LimitedPriorityLevelConfiguration): void {
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (queuing === undefined) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}

function validateSpec(name: string, spec: PriorityLevelConfiguration["spec"], at: At): void {
  const { type, exempt, limited } = spec;
  if ((name === "exempt") !== (type === "Exempt")) {
    at("type").invalid(type, "type must be 'Exempt' if and only if name is 'exempt'");
  }
  if (type === "Exempt") {
    if (limited !== undefined) at("limited").forbidden("must be nil if the type is not Limited");
    if (exempt !== undefined) validateShares(exempt, at.under("exempt"));
  } else if (type === "Limited") {
    if (exempt !== undefined) at("exempt").forbidden("must be nil if the type is Limited");
    if (limited === undefined) at("limited").required("must not be empty when type is Limited");
    else validateLimited(limited, at.under("limited"));
  } else at("type").notSupported(type, TYPES);
}

interface Shares {
  readonly nominalConcurrencyShares?: number;
  readonly lendablePercent?: number;
}

function validateShares({ nominalConcurrencyShares: shares = 0, lendablePercent: lendable = 0 }: Shares, at: At): void {
  if (shares < 0) at("nominalConcurrencyShares").invalid(shares, "must be a non-negative integer");
  if (lendable < 0 || lendable > 100) at("lendablePercent").invalid(lendable, "must be between 0 and 100, inclusive");
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, at: At): void {
  const { limitResponse = { type: "" }, borrowingLimitPercent: borrowing } = limited;
  if ((limited.nominalConcurrencyShares ?? 0) < 0) {
    at("nominalConcurrencyShares").invalid(limited.nominalConcurrencyShares, "must be a non-negative integer");
  }
  validateResponse(limitResponse, at.under("limitResponse"));
  const { lendablePercent: lendable = 0 } = limited;
  if (lendable < 0 || lendable > 100) at("lendablePercent").invalid(lendable, "must be between 0 and 100, inclusive");
  if (borrowing !== undefined && borrowing < 0) {
    at("borrowingLimitPercent").invalid(borrowing, "if specified, must be a non-negative integer");
  }
}

function validateResponse({ type, queuing }: LimitResponse, at: At): void {
  if (type === "Reject") {
    if (queuing !== undefined) at("queuing").forbidden("must be nil if limited.limitResponse.type is not Limited");
  } else if (type === "Queue") {
    if (queuing === undefined) at("queuing").required("must not be empty if limited.limitResponse.type is Limited");
    else validateQueuing(queuing, at.under("queuing"));
  } else at("type").notSupported(type, RESPONSES);
}

function validateQueuing({ queueLengthLimit = 0, queues = 0, handSize = 0 }: QueuingConfiguration, at: At): void {
  if (queueLengthLimit <= 0) at("queueLengthLimit").invalid(queueLengthLimit, "must be positive");
  if (queues <= 0) at("queues").invalid(queues, "must be positive");
  if (handSize <= 0) at("handSize").invalid(handSize, "must be positive");
  if (handSize > queues) at("handSize").invalid(handSize, `should not be greater than queues (${queues})`);
  else if (queues > 0 && handSize > 0 && entropyBits(queues, handSize) > ENTROPY_BITS_MAX) {
    const text = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than 60`;
    at("handSize").invalid(handSize, text);
  }
  if (queues > QUEUES_MAX) at("queues").invalid(queues, `must not be greater than ${QUEUES_MAX}`);
}

/** Bits it takes to deal a hand from a deck. */
function entropyBits(deck: number, hand: number): number {
  let bits = 0;
  for (let n = 0; n < hand && n < ENTROPY_BITS_MAX; n += 1) bits += Math.log2(deck - n);
  return Math.ceil(bits);
}
