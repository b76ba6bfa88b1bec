/**
 * Money and goods of Online Boutique: the catalogue, amounts in units and nanos, and what currencies are worth.
 *
 * Models src/productcatalogservice, src/currencyservice and src/frontend/money of microservices-demo.
 */

export interface Money {
  readonly currencyCode: string;
  readonly units: number;
  readonly nanos: number;
}

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly picture: string;
  readonly priceUsd: Money;
  readonly categories: readonly string[];
}

export interface CartItem {
  readonly productId: string;
  readonly quantity: number;
}

const NANOS = 1_000_000_000;

const usd = (price: number): Money => amount("USD", Math.round(price * 100) / 100);

function product(id: string, name: string, price: number, categories: string, description: string): Product {
  const picture = `static/img/products/${name.toLowerCase().replaceAll("&", "and").replaceAll(" ", "-")}.jpg`;
  return { id, name, description, picture, priceUsd: usd(price), categories: categories.split(",") };
}

export const CATALOG: readonly Product[] = [
  product("OLJCESPC7Z", "Sunglasses", 19.99, "accessories", "Dark lenses in a light frame, for any weather."),
  product("66VCHSJNUP", "Tank Top", 18.99, "clothing,tops", "Plain cotton, cut for warm days."),
  product("1YMWWN1N4O", "Watch", 109.99, "accessories", "Gold-coloured steel that keeps good time."),
  product("L9ECAV7KIM", "Loafers", 89.99, "footwear", "Shoes to slip into, without laces."),
  product("2ZYFJ3GM2N", "Hairdryer", 24.99, "hair,beauty", "Three heat settings, and a cool one."),
  product("0PUK6V6EV0", "Candle Holder", 18.99, "decor,home", "Holds one candle, steadily."),
  product("LS4PSXUNUM", "Salt & Pepper Shakers", 18.49, "kitchen", "One of each."),
  product("9SIQT8TOJO", "Bamboo Glass Jar", 5.49, "kitchen", "Glass with a lid of bamboo; 1.7 litres."),
  product("6E92ZMYYFZ", "Mug", 8.99, "kitchen", "A simple mug with a mustard interior."),
];

/** What one euro buys. */
const RATES: Readonly<Record<string, number>> = {
  EUR: 1,
  USD: 1.1305,
  JPY: 126.4,
  GBP: 0.8597,
  TRY: 6.1247,
  CAD: 1.5128,
  AUD: 1.6072,
  CHF: 1.136,
  CNY: 7.5857,
  KRW: 1281.33,
  INR: 79.432,
  SEK: 10.5375,
};

/** An amount from a decimal number. */
export function amount(currencyCode: string, value: number): Money {
  const units = Math.trunc(value);
  return { currencyCode, units, nanos: Math.round((value - units) * NANOS) };
}

const decimalOf = ({ units, nanos }: Money): number => units + nanos / NANOS;

/** Currencies that can be converted. */
export const currencies = (): string[] => Object.keys(RATES);

/** An amount in another currency; undefined if there is no rate for one of them. */
export function convert(from: Money, toCode: string): Money | undefined {
  const [rate, other] = [RATES[from.currencyCode], RATES[toCode]];
  if (rate === undefined || other === undefined) return undefined;
  return amount(toCode, Math.floor((decimalOf(from) / rate) * other * NANOS) / NANOS);
}

/** The sum of amounts of one currency. */
export function sum(amounts: readonly Money[], currencyCode: string): Money {
  const nanos = amounts.reduce((total, one) => total + one.nanos, 0);
  const units = amounts.reduce((total, one) => total + one.units, 0) + Math.trunc(nanos / NANOS);
  return { currencyCode, units, nanos: nanos % NANOS };
}

/** So many times an amount. */
export const times = (money: Money, count: number): Money =>
  sum(
    Array.from({ length: count }, () => money),
    money.currencyCode,
  );

const SYMBOLS: Readonly<Record<string, string>> = { USD: "$", CAD: "$", JPY: "¥", EUR: "€", TRY: "₺", GBP: "£" };

/** `$19.99` */
export function shown({ currencyCode, units, nanos }: Money): string {
  return `${SYMBOLS[currencyCode] ?? "$"}${units}.${String(Math.trunc(nanos / 10_000_000)).padStart(2, "0")}`;
}
