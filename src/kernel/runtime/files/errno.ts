/**
 * Errors of system calls, by their Linux numbers and texts.
 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ENOEXEC: 8,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EPIPE: 32,
  ENOTEMPTY: 39,
  ELOOP: 40,
} as const;

export type Errno = (typeof ERRNO)[keyof typeof ERRNO];

const TEXTS: Readonly<Record<number, string>> = {
  1: "Operation not permitted",
  2: "No such file or directory",
  8: "Exec format error",
  11: "Resource temporarily unavailable",
  12: "Cannot allocate memory",
  13: "Permission denied",
  16: "Device or resource busy",
  17: "File exists",
  18: "Invalid cross-device link",
  20: "Not a directory",
  21: "Is a directory",
  22: "Invalid argument",
  27: "File too large",
  28: "No space left on device",
  30: "Read-only file system",
  32: "Broken pipe",
  39: "Directory not empty",
  40: "Too many levels of symbolic links",
};

/** The C library's text of an error: `No such file or directory`. */
export function errnoText(errno: number): string {
  return TEXTS[errno] ?? `Unknown error ${errno}`;
}
