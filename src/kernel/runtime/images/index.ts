/**
 * The table of images.
 */
import type { Image } from "#kernel/runtime/images/image";

export const images: readonly Image[] = [];
