/**
 * What a running awk program may reach.
 */
export interface AwkWorld {
  print(text: string): void;
  write(path: string, text: string, isAppending: boolean): void;
  random(): number;
  now(): number;
  /** Uses up steps; false once the process has had enough. */
  spend(): boolean;
}
