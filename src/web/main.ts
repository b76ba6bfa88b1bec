/**
 * The browser UI's beginning: language and theme before the first paint, then the page the address names.
 */
import { mount } from "svelte";
import { getLocale } from "$language";
import App from "./app.svelte";
import { applyTheme } from "./theme.ts";
import "./app.css";

document.documentElement.lang = getLocale();
applyTheme();

const target = document.getElementById("app");
if (target !== null) mount(App, { target });

// The font is 92 small files, fetched by the characters on the page; its list must not hold up the first paint.
void import("pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css");
