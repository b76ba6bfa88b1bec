/**
 * checkoutservice of Online Boutique: an order put together from seven calls, any of which may fail it.
 *
 * Models src/checkoutservice of microservices-demo.
 */
import { type CartItem, type Money, type Product, sum, times } from "#kernel/runtime/images/apps/boutique.money";
import {
  type Called,
  call,
  type Procedure,
  type RpcFailure,
  rpcServer,
} from "#kernel/runtime/images/apps/boutique.rpc";
import type { Task } from "#kernel/runtime/process/task";

export interface Order {
  readonly orderId: string;
  readonly shippingTrackingId: string;
  readonly shippingCost: Money;
  readonly items: readonly { readonly item: CartItem; readonly cost: Money }[];
}

export interface PlaceOrder {
  readonly userId: string;
  readonly userCurrency: string;
  readonly email: string;
  readonly address: object;
  readonly creditCard: object;
}

/** Carries a failed call out of the middle of an order. */
class Failed {
  constructor(readonly why: string) {}
}

/** The answer of a service, or the end of the order. */
function need<T>(called: Called<T>, what: string): T {
  if ("error" in called) throw new Failed(`${what}: ${called.error}`);
  return called.data;
}

const NEEDS = [
  "SHIPPING_SERVICE_ADDR",
  "PRODUCT_CATALOG_SERVICE_ADDR",
  "CART_SERVICE_ADDR",
  "CURRENCY_SERVICE_ADDR",
  "EMAIL_SERVICE_ADDR",
  "PAYMENT_SERVICE_ADDR",
];

function order(task: Task, { userId, userCurrency, email, address, creditCard }: PlaceOrder): Order {
  const at = (name: string): string => task.env(`${name}_SERVICE_ADDR`) ?? "";
  const convert = (from: Money, what: string): Money =>
    need(call<Money>(task, at("CURRENCY"), "CurrencyService/Convert", { from, toCode: userCurrency }), what);
  const cart = call<{ items: readonly CartItem[] }>(task, at("CART"), "CartService/GetCart", { userId });
  const { items: wanted } = need(cart, "cart failure: failed to get user cart during checkout");
  const items = wanted.map((item) => {
    const found = call<Product>(task, at("PRODUCT_CATALOG"), "ProductCatalogService/GetProduct", {
      id: item.productId,
    });
    const { priceUsd } = need(found, `failed to prepare order: failed to get product #"${item.productId}"`);
    return { item, cost: convert(priceUsd, `failed to prepare order: failed to convert price of "${item.productId}"`) };
  });
  const quote = call<{ costUsd: Money }>(task, at("SHIPPING"), "ShippingService/GetQuote", { address, items: wanted });
  const { costUsd } = need(quote, "shipping quote failure: failed to get shipping quote");
  const shippingCost = convert(costUsd, "failed to convert shipping cost to currency");
  const total = sum([shippingCost, ...items.map(({ item, cost }) => times(cost, item.quantity))], userCurrency);
  const paid = call<object>(task, at("PAYMENT"), "PaymentService/Charge", { amount: total, creditCard });
  need(paid, "failed to charge card: could not charge the card");
  const shipped = call<{ trackingId: string }>(task, at("SHIPPING"), "ShippingService/ShipOrder", {
    address,
    items: wanted,
  });
  const { trackingId } = need(shipped, "shipping error: shipment failed");
  call(task, at("CART"), "CartService/EmptyCart", { userId });
  const placed = { orderId: task.world.entropy.uid(), shippingTrackingId: trackingId, shippingCost, items };
  const mailed = call(task, at("EMAIL"), "EmailService/SendOrderConfirmation", { email, order: placed });
  if ("error" in mailed) task.print(`failed to send order confirmation to "${email}": ${mailed.error}\n`);
  return placed;
}

const placeOrder: Procedure<object> = (task, message: PlaceOrder): { order: Order } | RpcFailure => {
  try {
    return { order: order(task, message) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { code: "Internal", failure: error.why };
  }
};

export const checkoutservice = rpcServer<object>({
  name: "checkoutservice",
  port: 5050,
  needs: NEEDS,
  banner: (port) => `starting to listen on tcp: "[::]:${port}"`,
  state: () => ({}),
  procedures: { "CheckoutService/PlaceOrder": placeOrder },
});
