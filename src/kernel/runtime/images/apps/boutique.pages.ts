/**
 * The pages of Online Boutique. Links are relative, so that they work below any prefix.
 *
 * Models src/frontend/templates of microservices-demo.
 * Leaves out its pictures and style sheets: a lesson looks at what is listed, and at what fails.
 */
import type { Order } from "#kernel/runtime/images/apps/boutique.checkout";
import { type Money, type Product, shown } from "#kernel/runtime/images/apps/boutique.money";
import { statusText } from "#kernel/runtime/images/http";
import { escaped } from "#kernel/runtime/images/server";

/** What every page shows, and how deep its own path lies. */
interface Frame {
  readonly currencies: readonly string[];
  readonly currency: string;
  readonly cartSize: number;
  readonly session: string;
  readonly hostname: string;
  readonly depth: number;
}

interface Priced {
  readonly product: Product;
  readonly price: Money;
}

export interface Line extends Priced {
  readonly quantity: number;
}

type Ad = { readonly redirectUrl: string; readonly text: string } | undefined;

const up = ({ depth }: Frame): string => (depth === 0 ? "./" : "../".repeat(depth));

function framed(frame: Frame, body: string): string {
  const root = up(frame);
  const options = frame.currencies.map(
    (code) => `<option${code === frame.currency ? " selected" : ""}>${escaped(code)}</option>`,
  );
  return (
    '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Online Boutique</title></head>\n<body>\n' +
    `<header><a href="${root}">Online Boutique</a>\n` +
    `<form method="post" action="${root}setCurrency"><select name="currency_code">${options.join("")}</select><button>Set</button></form>\n` +
    `<a href="${root}cart">Cart (${frame.cartSize})</a></header>\n<main>\n${body}</main>\n` +
    `<footer>session-id: ${escaped(frame.session)}<br>pod: ${escaped(frame.hostname)}</footer>\n</body>\n</html>\n`
  );
}

const adPart = (frame: Frame, ad: Ad): string =>
  ad === undefined
    ? ""
    : `<p class="ad">Ad: <a href="${up(frame)}${escaped(ad.redirectUrl)}">${escaped(ad.text)}</a></p>\n`;

const linkTo = (frame: Frame, { id, name }: Product): string =>
  `<a href="${up(frame)}product/${id}">${escaped(name)}</a>`;

function recommendedPart(frame: Frame, products: readonly Product[]): string {
  if (products.length === 0) return "";
  return `<h3>You May Also Like</h3>\n<ul>\n${products.map((one) => `<li>${linkTo(frame, one)}</li>\n`).join("")}</ul>\n`;
}

function home(frame: Frame, products: readonly Priced[], ad: Ad): string {
  const rows = products.map(({ product: one, price }) => `<li>${linkTo(frame, one)} <b>${shown(price)}</b></li>\n`);
  return framed(frame, `<h3>Hot Products</h3>\n<ul class="hot-products">\n${rows.join("")}</ul>\n${adPart(frame, ad)}`);
}

function product(frame: Frame, { product: one, price }: Priced, recommended: readonly Product[], ad: Ad): string {
  const numbers = [1, 2, 3, 4, 5, 10].map((n) => `<option>${n}</option>`).join("");
  return framed(
    frame,
    `<h2>${escaped(one.name)}</h2>\n<p class="product-price">${shown(price)}</p>\n<p>${escaped(one.description)}</p>\n` +
      `<form method="post" action="${up(frame)}cart"><input type="hidden" name="product_id" value="${one.id}">` +
      `<select name="quantity">${numbers}</select><button>Add To Cart</button></form>\n` +
      recommendedPart(frame, recommended) +
      adPart(frame, ad),
  );
}

const FIELDS: readonly (readonly [name: string, label: string, value: string])[] = [
  ["email", "E-mail Address", "someone@example.com"],
  ["street_address", "Street Address", "1600 Amphitheatre Parkway"],
  ["zip_code", "Zip Code", "94043"],
  ["city", "City", "Mountain View"],
  ["state", "State", "CA"],
  ["country", "Country", "United States"],
  ["credit_card_number", "Credit Card Number", "4432-8015-6152-0454"],
  ["credit_card_expiration_month", "Month", "1"],
  ["credit_card_expiration_year", "Year", "2039"],
  ["credit_card_cvv", "CVV", "672"],
];

interface CartShown {
  readonly lines: readonly Line[];
  readonly shipping: Money;
  readonly total: Money;
  readonly recommended: readonly Product[];
}

function cart(frame: Frame, { lines, shipping, total, recommended }: CartShown): string {
  if (lines.length === 0) {
    return framed(frame, `<h3>Your shopping cart is empty!</h3>\n${recommendedPart(frame, recommended)}`);
  }
  const rows = lines.map(
    ({ product: one, quantity, price }) =>
      `<li>${linkTo(frame, one)} SKU #${one.id} Quantity: ${quantity} <b>${shown(price)}</b></li>\n`,
  );
  const inputs = FIELDS.map(
    ([name, label, value]) => `<label>${label} <input name="${name}" value="${value}"></label>\n`,
  );
  return framed(
    frame,
    `<h3>Cart (${frame.cartSize})</h3>\n<form method="post" action="${up(frame)}cart/empty"><button>Empty Cart</button></form>\n` +
      `<ul>\n${rows.join("")}</ul>\n<p>Shipping <b>${shown(shipping)}</b></p>\n<p>Total <b>${shown(total)}</b></p>\n` +
      `<form method="post" action="${up(frame)}cart/checkout">\n${inputs.join("")}<button>Place Order</button></form>\n` +
      recommendedPart(frame, recommended),
  );
}

interface OrderShown {
  readonly order: Order;
  readonly paid: Money;
  readonly recommended: readonly Product[];
}

function order(frame: Frame, { order: placed, paid, recommended }: OrderShown): string {
  return framed(
    frame,
    `<h3>Your order is complete!</h3>\n<p>We've sent you a confirmation email.</p>\n` +
      `<p>Confirmation # ${placed.orderId}</p>\n<p>Tracking # ${placed.shippingTrackingId}</p>\n` +
      `<p>Total Paid ${shown(paid)}</p>\n<p><a href="${up(frame)}">Continue Shopping</a></p>\n` +
      recommendedPart(frame, recommended),
  );
}

interface Failure {
  readonly status: number;
  readonly why: string;
  readonly hostname: string;
}

function failure({ status, why, hostname }: Failure): string {
  return (
    '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Online Boutique</title></head>\n<body>\n' +
    "<h1>Uh, oh!</h1>\n<p>Something has failed. Below are some details for debugging.</p>\n" +
    `<p><strong>HTTP Status:</strong> ${status} ${statusText(status)}</p>\n<pre>${escaped(why)}</pre>\n` +
    `<footer>pod: ${escaped(hostname)}</footer>\n</body>\n</html>\n`
  );
}

export const pages = { home, product, cart, order, failure };
