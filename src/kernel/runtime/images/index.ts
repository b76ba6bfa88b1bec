/**
 * The table of images.
 */
import { alpine, busybox, debian, ubuntu } from "#kernel/runtime/images/base";
import { helloApp, helloAppPrograms } from "#kernel/runtime/images/hello-app";
import type { Image } from "#kernel/runtime/images/image";
import { pause, pauseProgram } from "#kernel/runtime/images/pause";
import type { Program } from "#kernel/runtime/process/program";

export const images: readonly Image[] = [alpine, busybox, debian, helloApp, pause, ubuntu];

/** Every program that comes with an image; a process finds its own by name. */
export const imagePrograms: readonly Program[] = [pauseProgram, ...helloAppPrograms];
