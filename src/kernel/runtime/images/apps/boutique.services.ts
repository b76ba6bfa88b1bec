/**
 * The services behind the front page of Online Boutique: each answers its calls, some by asking others.
 *
 * Models src of GoogleCloudPlatform/microservices-demo.
 */
import {
  amount,
  CATALOG,
  type CartItem,
  convert,
  currencies,
  type Money,
  type Product,
} from "#kernel/runtime/images/apps/boutique.money";
import { call, type Procedure, type RpcFailure, rpcServer } from "#kernel/runtime/images/apps/boutique.rpc";
import { commandRequest, decodeReplies } from "#kernel/runtime/images/redis/resp";
import { hostPort } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

type Carts = Readonly<Record<string, readonly CartItem[]>>;

const QUANTITY_MAX = 1_000;
const ITEMS_MAX = 100;
const CARTS_MAX = 1_000;

const failure = (code: RpcFailure["code"], text: string): RpcFailure => ({ code, failure: text });

const none = (): object => ({});

const catalog = rpcServer<object>({
  name: "productcatalogservice",
  port: 3550,
  banner: (port) => `starting grpc server at :${port}`,
  state: none,
  procedures: {
    "ProductCatalogService/ListProducts": () => ({ products: CATALOG }),
    "ProductCatalogService/GetProduct": (_task, { id }: { id?: string }) =>
      CATALOG.find((product) => product.id === id) ?? failure("NotFound", `no product with ID ${id}`),
    "ProductCatalogService/SearchProducts": (_task, { query = "" }: { query?: string }) => ({
      results: CATALOG.filter(({ name, description }) =>
        `${name} ${description}`.toLowerCase().includes(String(query).toLowerCase()),
      ),
    }),
  },
});

const currency = rpcServer<object>({
  name: "currencyservice",
  port: 7000,
  banner: (port) => `CurrencyService gRPC server started on port ${port}`,
  state: none,
  procedures: {
    "CurrencyService/GetSupportedCurrencies": () => ({ currencyCodes: currencies() }),
    "CurrencyService/Convert": (_task, { from, toCode }: { from: Money; toCode: string }) =>
      convert(from, toCode) ?? failure("InvalidArgument", `conversion request failed: no rate for ${toCode}`),
  },
});

/** The cart of a user: in the Redis it was told of, else in memory. */
function cartOf(task: Task<Carts>, user: string): readonly CartItem[] | RpcFailure {
  const address = task.env("REDIS_ADDR") ?? "";
  if (address === "") return task.state?.[user] ?? [];
  const found = redis(task, address, ["GET", user]);
  return typeof found === "object" ? found : (JSON.parse(found === "" ? "[]" : found) as CartItem[]);
}

function keepCart(task: Task<Carts>, user: string, items: readonly CartItem[]): object {
  const address = task.env("REDIS_ADDR") ?? "";
  if (address !== "") {
    const kept = redis(task, address, ["SET", user, JSON.stringify(items)]);
    return typeof kept === "object" ? kept : {};
  }
  const carts = task.state ?? {};
  if (carts[user] === undefined && Object.keys(carts).length >= CARTS_MAX)
    return failure("Unavailable", "too many carts");
  task.state = { ...carts, [user]: items };
  return {};
}

function redis(task: Task, address: string, argv: readonly string[]): string | RpcFailure {
  const answer = task.request(hostPort(address, 6_379), commandRequest([argv]));
  const reply = typeof answer === "string" ? undefined : decodeReplies(answer.body)[0];
  if (reply === undefined || reply.k === "error") {
    const why = reply?.k === "error" ? reply.text : "UnableToConnect";
    return failure(
      "FailedPrecondition",
      `Can't access cart storage. StackExchange.Redis.RedisConnectionException: ${why}`,
    );
  }
  return "text" in reply ? reply.text : "";
}

const isFailed = (found: readonly CartItem[] | RpcFailure): found is RpcFailure => "failure" in found;

const cart = rpcServer<Carts>({
  name: "cartservice",
  port: 7070,
  banner: (port) => `Now listening on: http://[::]:${port}`,
  state: () => ({}),
  procedures: {
    "CartService/GetCart": (task, { userId }: { userId: string }) => {
      const items = cartOf(task, userId);
      return isFailed(items) ? items : { userId, items };
    },
    "CartService/AddItem": (task, { userId, item }: { userId: string; item: CartItem }) => {
      const items = cartOf(task, userId);
      if (isFailed(items)) return items;
      const had = items.find(({ productId }) => productId === item.productId);
      if (had === undefined && items.length >= ITEMS_MAX) return failure("InvalidArgument", "the cart is full");
      const quantity = Math.min(QUANTITY_MAX, (had?.quantity ?? 0) + Math.max(0, Math.trunc(item.quantity) || 0));
      const rest = items.filter((one) => one !== had);
      return keepCart(task, userId, [...rest, { productId: item.productId, quantity }]);
    },
    "CartService/EmptyCart": (task, { userId }: { userId: string }) => keepCart(task, userId, []),
  },
});

const recommendation = rpcServer<object>({
  name: "recommendationservice",
  port: 8080,
  needs: ["PRODUCT_CATALOG_SERVICE_ADDR"],
  banner: (port) => `listening on port: ${port}`,
  state: none,
  procedures: {
    "RecommendationService/ListRecommendations": (task, { productIds = [] }: { productIds?: readonly string[] }) => {
      const address = task.env("PRODUCT_CATALOG_SERVICE_ADDR") ?? "";
      const listed = call<{ products: readonly Product[] }>(task, address, "ProductCatalogService/ListProducts", {});
      if ("error" in listed) return failure("Unavailable", listed.error);
      const others = listed.data.products.map(({ id }) => id).filter((id) => !productIds.includes(id));
      const chosen: string[] = [];
      while (chosen.length < 5 && others.length > 0) {
        chosen.push(...others.splice(task.world.entropy.int(others.length), 1));
      }
      return { productIds: chosen };
    },
  },
});

const TRACKING_PREFIX = 26;

const shipping = rpcServer<object>({
  name: "shippingservice",
  port: 50_051,
  banner: (port) => `Shipping Service listening on port :${port}`,
  state: none,
  procedures: {
    "ShippingService/GetQuote": (_task, { items = [] }: { items?: readonly CartItem[] }) => ({
      costUsd: amount("USD", items.length === 0 ? 0 : 8.99),
    }),
    "ShippingService/ShipOrder": (task) => {
      const { entropy } = task.world;
      const letters = String.fromCharCode(65 + entropy.int(TRACKING_PREFIX), 65 + entropy.int(TRACKING_PREFIX));
      return { trackingId: `${letters}-${10_000 + entropy.int(90_000)}-${100_000_000 + entropy.int(900_000_000)}` };
    },
  },
});

interface Card {
  readonly creditCardNumber?: string;
  readonly creditCardExpirationYear?: number;
  readonly creditCardExpirationMonth?: number;
}

const charge: Procedure<object> = (task, { creditCard = {} }: { creditCard?: Card }) => {
  const number = String(creditCard.creditCardNumber ?? "").replace(/[ -]/g, "");
  const kind = /^4\d{15}$/.test(number) ? "visa" : /^5[1-5]\d{14}$/.test(number) ? "mastercard" : undefined;
  if (!/^\d{12,19}$/.test(number)) return failure("InvalidArgument", "Credit card info is invalid");
  if (kind === undefined) {
    return failure(
      "InvalidArgument",
      "Sorry, we cannot process this credit card. Only VISA or MasterCard is accepted.",
    );
  }
  const now = new Date(task.now);
  const [year, month] = [Number(creditCard.creditCardExpirationYear), Number(creditCard.creditCardExpirationMonth)];
  if (!(now.getUTCFullYear() * 12 + now.getUTCMonth() + 1 <= year * 12 + month)) {
    return failure("InvalidArgument", `Your credit card (ending ${number.slice(-4)}) expired on ${month}/${year}`);
  }
  return { transactionId: task.world.entropy.uid() };
};

const payment = rpcServer<object>({
  name: "paymentservice",
  port: 50_051,
  banner: (port) => `PaymentService gRPC server started on port ${port}`,
  state: none,
  procedures: { "PaymentService/Charge": charge },
});

const email = rpcServer<object>({
  name: "emailservice",
  port: 8080,
  banner: (port) => `listening on port: ${port}`,
  state: none,
  procedures: { "EmailService/SendOrderConfirmation": () => ({}) },
});

const ADS: readonly (readonly [id: string, category: string, text: string])[] = [
  ["2ZYFJ3GM2N", "hair", "Hairdryer for sale. 50% off."],
  ["66VCHSJNUP", "clothing", "Tank top for sale. 20% off."],
  ["0PUK6V6EV0", "decor", "Candle holder for sale. 30% off."],
  ["9SIQT8TOJO", "kitchen", "Bamboo glass jar for sale. 10% off."],
  ["1YMWWN1N4O", "accessories", "Watch for sale. Buy one, get second kit for free"],
  ["6E92ZMYYFZ", "kitchen", "Mug for sale. Buy two, get third one for free"],
  ["L9ECAV7KIM", "footwear", "Loafers for sale. Buy one, get second one for free"],
];

const ads = rpcServer<object>({
  name: "adservice",
  port: 9555,
  banner: (port) => `Ad Service started, listening on ${port}`,
  state: none,
  procedures: {
    "AdService/GetAds": (task, { contextKeys = [] }: { contextKeys?: readonly string[] }) => {
      const fitting = ADS.filter(([, category]) => contextKeys.includes(category));
      const [id, , text] = task.world.entropy.pick(fitting.length === 0 ? ADS : fitting) ?? [];
      return { ads: [{ redirectUrl: `product/${id}`, text }] };
    },
  },
});

/** The services by name, but for those that stand in front: checkout and frontend. */
export const boutiqueServices: Readonly<Record<string, Program<never>>> = {
  adservice: ads as Program<never>,
  cartservice: cart as Program<never>,
  currencyservice: currency as Program<never>,
  emailservice: email as Program<never>,
  paymentservice: payment as Program<never>,
  productcatalogservice: catalog as Program<never>,
  recommendationservice: recommendation as Program<never>,
  shippingservice: shipping as Program<never>,
};
