/**
 * frontend of Online Boutique: the shop's pages, put together from the answers of seven services.
 *
 * Models src/frontend of microservices-demo.
 */
import type { Order } from "#kernel/runtime/images/apps/boutique.checkout";
import { type CartItem, type Money, type Product, sum, times } from "#kernel/runtime/images/apps/boutique.money";
import { type Line, pages } from "#kernel/runtime/images/apps/boutique.pages";
import { type Called, call, logLine } from "#kernel/runtime/images/apps/boutique.rpc";
import { cookieOf, formOf, page, type Reply, server, text, type Visit } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpResponse } from "#kernel/runtime/world";

const NEEDS = ["PRODUCT_CATALOG", "CURRENCY", "CART", "RECOMMENDATION", "CHECKOUT", "SHIPPING", "AD"];
const CURRENCIES = ["USD", "EUR", "CAD", "JPY", "GBP", "TRY"];

/** A page that cannot be made: what was tried, and why it failed. */
class Failed {
  constructor(
    readonly why: string,
    readonly status = 500,
  ) {}
}

/** One visitor at the front page: who it is, and the services as it asks them. */
class Shopper {
  readonly session: string;
  readonly currency: string;

  constructor(
    readonly task: Task,
    readonly visit: Visit,
  ) {
    this.session = cookieOf(visit, "shop_session-id") ?? task.world.entropy.uid();
    this.currency = cookieOf(visit, "shop_currency") ?? "USD";
  }

  /** Calls a service that the page may do without. */
  try<T>(service: string, method: string, message: object): Called<T> {
    return call<T>(this.task, this.task.env(`${service}_SERVICE_ADDR`) ?? "", method, message);
  }

  /** Calls a service that the page cannot do without. */
  need<T>(service: string, method: string, message: object, what: string): T {
    const called = this.try<T>(service, method, message);
    if ("error" in called) throw new Failed(`${what}: ${called.error}`);
    return called.data;
  }

  currencies(): string[] {
    const method = "CurrencyService/GetSupportedCurrencies";
    const { currencyCodes } = this.need<{ currencyCodes: string[] }>(
      "CURRENCY",
      method,
      {},
      "could not retrieve currencies",
    );
    return currencyCodes.filter((code) => CURRENCIES.includes(code));
  }

  cart(): readonly CartItem[] {
    const message = { userId: this.session };
    return this.need<{ items: CartItem[] }>("CART", "CartService/GetCart", message, "could not retrieve cart").items;
  }

  product(id: string): Product {
    return this.need("PRODUCT_CATALOG", "ProductCatalogService/GetProduct", { id }, "could not retrieve product");
  }

  convert(from: Money, what: string): Money {
    if (this.currency === from.currencyCode) return from;
    return this.need("CURRENCY", "CurrencyService/Convert", { from, toCode: this.currency }, what);
  }

  recommended(productIds: readonly string[]): Product[] {
    const message = { userId: this.session, productIds };
    const method = "RecommendationService/ListRecommendations";
    const called = this.try<{ productIds: string[] }>("RECOMMENDATION", method, message);
    if ("error" in called) {
      this.warn(`failed to get product recommendations: ${called.error}`);
      return [];
    }
    return called.data.productIds.slice(0, 4).map((id) => this.product(id));
  }

  ad(contextKeys: readonly string[]): { redirectUrl: string; text: string } | undefined {
    const called = this.try<{ ads: { redirectUrl: string; text: string }[] }>("AD", "AdService/GetAds", {
      contextKeys,
    });
    if (!("error" in called)) return called.data.ads[0];
    this.warn(`failed to retrieve ads: ${called.error}`);
    return undefined;
  }

  warn(message: string): void {
    this.task.print(logLine(this.task, "frontend", message, "warning"));
  }

  /** What every page shows. */
  frame(): {
    currencies: string[];
    currency: string;
    cartSize: number;
    session: string;
    hostname: string;
    depth: number;
  } {
    const cartSize = this.cart().reduce((count, { quantity }) => count + quantity, 0);
    const depth = Math.max(0, this.visit.route.split("/").length - 2);
    return {
      currencies: this.currencies(),
      currency: this.currency,
      cartSize,
      session: this.session,
      hostname: this.task.record.hostname,
      depth,
    };
  }
}

function home(shopper: Shopper): HttpResponse {
  const frame = shopper.frame();
  const method = "ProductCatalogService/ListProducts";
  const { products } = shopper.need<{ products: Product[] }>(
    "PRODUCT_CATALOG",
    method,
    {},
    "could not retrieve products",
  );
  const priced = products.map((product) => ({
    product,
    price: shopper.convert(product.priceUsd, `failed to do currency conversion for product ${product.id}`),
  }));
  return page(shopper.visit, pages.home(frame, priced, shopper.ad([])));
}

function productPage(shopper: Shopper, id: string): HttpResponse {
  const product = shopper.product(id);
  const frame = shopper.frame();
  const price = shopper.convert(product.priceUsd, "failed to convert currency");
  const recommended = shopper.recommended([id]);
  return page(shopper.visit, pages.product(frame, { product, price }, recommended, shopper.ad(product.categories)));
}

function cartPage(shopper: Shopper): HttpResponse {
  const frame = shopper.frame();
  const items = shopper.cart();
  const recommended = shopper.recommended(items.map(({ productId }) => productId));
  const quote = shopper.need<{ costUsd: Money }>(
    "SHIPPING",
    "ShippingService/GetQuote",
    { items },
    "failed to get shipping quote",
  );
  const shipping = shopper.convert(quote.costUsd, "failed to convert currency");
  const lines: Line[] = items.map(({ productId, quantity }) => {
    const product = shopper.product(productId);
    const price = shopper.convert(product.priceUsd, `could not convert currency for product #${productId}`);
    return { product, quantity, price: times(price, quantity) };
  });
  const total = sum([...lines.map(({ price }) => price), shipping], shopper.currency);
  return page(shopper.visit, pages.cart(frame, { lines, shipping, total, recommended }));
}

/** A redirect to a page of ours. */
const seeOther = (location: string): HttpResponse => ({ status: 302, headers: { location }, body: "" });

function addToCart(shopper: Shopper): HttpResponse {
  const { product_id: id = "", quantity = "" } = formOf(shopper.visit);
  const count = Number(quantity);
  if (id === "" || !Number.isInteger(count) || count < 1 || count > 10) {
    throw new Failed("validation error: quantity must be 1 to 10 and a product must be named", 422);
  }
  shopper.product(id);
  const message = { userId: shopper.session, item: { productId: id, quantity: count } };
  shopper.need("CART", "CartService/AddItem", message, "failed to add to cart");
  return seeOther("/cart");
}

function emptyCart(shopper: Shopper): HttpResponse {
  shopper.need("CART", "CartService/EmptyCart", { userId: shopper.session }, "failed to empty cart");
  return seeOther("/");
}

function checkout(shopper: Shopper): HttpResponse {
  const form = formOf(shopper.visit);
  const message = {
    userId: shopper.session,
    userCurrency: shopper.currency,
    email: form["email"] ?? "",
    address: {
      streetAddress: form["street_address"],
      city: form["city"],
      state: form["state"],
      country: form["country"],
      zipCode: Number(form["zip_code"]),
    },
    creditCard: {
      creditCardNumber: form["credit_card_number"],
      creditCardExpirationMonth: Number(form["credit_card_expiration_month"]),
      creditCardExpirationYear: Number(form["credit_card_expiration_year"]),
      creditCardCvv: Number(form["credit_card_cvv"]),
    },
  };
  const what = "failed to complete the order";
  const { order } = shopper.need<{ order: Order }>("CHECKOUT", "CheckoutService/PlaceOrder", message, what);
  const paid = sum(
    [order.shippingCost, ...order.items.map(({ item, cost }) => times(cost, item.quantity))],
    shopper.currency,
  );
  const recommended = shopper.recommended([]);
  return page(shopper.visit, pages.order(shopper.frame(), { order, paid, recommended }));
}

function setCurrency(shopper: Shopper): HttpResponse {
  const currency = formOf(shopper.visit)["currency_code"] ?? "";
  if (!CURRENCIES.includes(currency)) throw new Failed("validation error: unknown currency", 422);
  return {
    ...seeOther("/"),
    headers: { location: "/", "set-cookie": `shop_currency=${currency}; Max-Age=172800; Path=/` },
  };
}

function logout(): HttpResponse {
  return { ...seeOther("/"), headers: { location: "/", "set-cookie": "shop_session-id=; Max-Age=0; Path=/" } };
}

function routed(shopper: Shopper): HttpResponse {
  const { route, method } = shopper.visit;
  const asked = `${method === "HEAD" ? "GET" : method} ${route}`;
  const id = /^GET \/product\/([A-Za-z0-9]+)$/.exec(asked)?.[1];
  if (id !== undefined) return productPage(shopper, id);
  switch (asked) {
    case "GET /":
      return home(shopper);
    case "GET /cart":
      return cartPage(shopper);
    case "POST /cart":
      return addToCart(shopper);
    case "POST /cart/empty":
      return emptyCart(shopper);
    case "POST /cart/checkout":
      return checkout(shopper);
    case "POST /setCurrency":
      return setCurrency(shopper);
    case "GET /logout":
      return logout();
    default:
      return text(shopper.visit, "404 page not found\n", 404);
  }
}

function answer(task: Task, visit: Visit): Reply {
  if (visit.route === "/_healthz") return text(visit, "ok");
  if (visit.route === "/robots.txt") return text(visit, "User-agent: *\nDisallow: /");
  const shopper = new Shopper(task, visit);
  try {
    const reply = routed(shopper);
    if (cookieOf(visit, "shop_session-id") !== undefined || reply.headers["set-cookie"] !== undefined) return reply;
    const cookie = `shop_session-id=${shopper.session}; Max-Age=172800; Path=/`;
    return { ...reply, headers: { ...reply.headers, "set-cookie": cookie } };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    task.print(logLine(task, "frontend", `request error: ${error.why}`, "error"));
    return page(
      visit,
      pages.failure({ status: error.status, why: error.why, hostname: task.record.hostname }),
      error.status,
    );
  }
}

export const frontend: Program<object> = server<object>({
  name: "boutique-frontend",
  begin(task) {
    const missing = NEEDS.map((name) => `${name}_SERVICE_ADDR`).find((name) => (task.env(name) ?? "") === "");
    if (missing !== undefined) {
      task.complain(`panic: environment variable "${missing}" not set\n\ngoroutine 1 [running]:\nmain.mustMapEnv()\n`);
      return 2;
    }
    const port = Number(task.env("PORT") ?? "8080");
    task.print(logLine(task, "frontend", `starting server on :${port}`));
    return { state: {}, ports: [port] };
  },
  answer,
  log(task, visit, { status }) {
    if (visit.route === "/_healthz") return;
    task.print(logLine(task, "frontend", `request complete: ${visit.method} ${visit.route} ${status}`, "debug"));
  },
});
