/**
 * The pages of Bookinfo. Links are relative, so that they work below any prefix.
 *
 * Models samples/bookinfo/src/productpage/templates.
 * Leaves out its style sheets: what a lesson looks at is which service answered.
 */
import type { Reviews } from "#kernel/runtime/images/apps/bookinfo";
import { escaped } from "#kernel/runtime/images/server";

interface Shown {
  readonly product: { readonly title: string; readonly descriptionHtml: string };
  readonly details: { readonly status: number; readonly data: unknown };
  readonly reviews: { readonly status: number; readonly data: unknown };
  readonly user: string;
}

const HEAD =
  '<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title>Simple Bookstore App</title></head>\n<body>\n';

function index(): string {
  return (
    `${HEAD}<h3>Hello! This is a simple bookstore application consisting of three services as shown below</h3>\n` +
    "<ul><li>productpage<ul><li>details</li><li>reviews<ul><li>ratings</li></ul></li></ul></li></ul>\n" +
    '<p><a href="productpage?u=normal">Normal user</a> <a href="productpage?u=test">Test user</a></p>\n</body>\n</html>\n'
  );
}

const errorOf = (data: unknown): string => escaped(String((data as { error?: unknown }).error ?? ""));

function detailsPart({ status, data }: Shown["details"]): string {
  if (status !== 200) return `<h4>Error fetching product details!</h4>\n<p>${errorOf(data)}</p>\n`;
  const book = data as Readonly<Record<string, unknown>>;
  const rows = [
    ["Type", "type"],
    ["Pages", "pages"],
    ["Publisher", "publisher"],
    ["Language", "language"],
    ["ISBN-10", "ISBN-10"],
    ["ISBN-13", "ISBN-13"],
  ].map(([label = "", field = ""]) => `<dt>${label}:</dt><dd>${escaped(String(book[field] ?? ""))}</dd>\n`);
  return `<h4>Book Details</h4>\n<dl>\n${rows.join("")}</dl>\n`;
}

function star(color: string, isFull: boolean): string {
  return `<span class="glyphicon glyphicon-star${isFull ? "" : "-empty"}" style="color:${color}">${isFull ? "&#9733;" : "&#9734;"}</span>`;
}

function reviewsPart({ status, data }: Shown["reviews"]): string {
  if (status !== 200) return `<h4>Error fetching product reviews!</h4>\n<p>${errorOf(data)}</p>\n`;
  const { reviews, podname } = data as Reviews;
  const shown = reviews.map(({ reviewer, text, rating }) => {
    const color = escaped(rating?.color ?? "black");
    const stars =
      rating?.stars === undefined
        ? rating?.error === undefined
          ? ""
          : `<p><i>${escaped(rating.error)}</i></p>\n`
        : `<font color="${color}">${[1, 2, 3, 4, 5].map((n) => star(color, n <= (rating.stars ?? 0))).join("")}</font>\n`;
    return `<blockquote>\n<p>${escaped(text)}</p>\n<small>${escaped(reviewer)}</small>\n${stars}</blockquote>\n`;
  });
  return `<h4>Book Reviews</h4>\n${shown.join("")}<dl><dt>Reviews served by:</dt><u>${escaped(podname)}</u></dl>\n`;
}

function product({ product: book, details, reviews, user }: Shown): string {
  const sign =
    user === ""
      ? '<form method="post" action="login"><input name="username" placeholder="User Name"><input name="passwd" type="password" placeholder="Password"><button type="submit">Sign in</button></form>\n'
      : `<p>${escaped(user)} (<a href="logout">sign out</a>)</p>\n`;
  return (
    `${HEAD}<p><a href="./">BookInfo Sample</a></p>\n${sign}<h3>${escaped(book.title)}</h3>\n` +
    `<p>Summary: ${book.descriptionHtml}</p>\n${detailsPart(details)}${reviewsPart(reviews)}</body>\n</html>\n`
  );
}

function missing(): string {
  return (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n" +
    "<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
  );
}

export const bookinfoPages = { index, product, missing };
