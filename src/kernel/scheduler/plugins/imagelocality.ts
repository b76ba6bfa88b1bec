/**
 * ImageLocality: a node that has a pod's images already is better, the larger they are.
 *
 * Models pkg/scheduler/framework/plugins/imagelocality.
 */
import { type Plugin, SCORE_MAX } from "#kernel/scheduler/framework";

const MEGABYTE = 1024 * 1024;
const SIZE_MIN = 23 * MEGABYTE;
const SIZE_MAX_PER_CONTAINER = 1000 * MEGABYTE;

export const imageLocality: Plugin = {
  name: "ImageLocality",

  score({ pod: { spec } }, cluster, feasible) {
    const { initContainers = [], containers } = spec;
    const names = [...initContainers, ...containers].map(({ image = "" }) => normalized(image));
    // An image every node pulls anyway must not draw all pods to the first node that has it.
    const spread = names.map((name) => {
      let having = 0;
      for (const node of feasible) if (node.images.has(name)) having += 1;
      return having / cluster.size;
    });
    if (spread.every((share) => share === 0)) return undefined;
    const most = SIZE_MAX_PER_CONTAINER * names.length;
    return {
      score({ images }) {
        let sum = 0;
        names.forEach((name, n) => {
          sum += Math.floor((images.get(name) ?? 0) * (spread[n] ?? 0));
        });
        const size = Math.min(Math.max(sum, SIZE_MIN), most);
        return Math.floor((SCORE_MAX * (size - SIZE_MIN)) / (most - SIZE_MIN));
      },
    };
  },
};

/** An image without a tag is the latest one. */
const normalized = (image: string): string =>
  image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
