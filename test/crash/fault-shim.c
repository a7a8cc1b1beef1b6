/*
 * Fails chosen calls of libc on the files below one directory, for LD_PRELOAD.
 *
 *   FAULT_ROOT   the directory
 *   FAULT_CELL   which calls fail: "write runs/ID/end.json"; without it none does
 *   FAULT_ERRNO  the number of the error
 *   FAULT_LOG    each call that failed, a line each; each call where none fails
 *
 * A file is named by its kind: what differs from run to run is ID, a temporary file is DRAFT.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FILES 4096
#define MAX_PLACE 256
#define MIN_ID 10

/* What was opened as a file; its number may have gone to another since, by a call that is not seen here. */
static struct {
  char place[2 * MAX_PLACE];
  dev_t device;
  ino_t inode;
} files[MAX_FILES];
static __thread int is_logging;

static void kind_of(const char *name, size_t length, char *kind) {
  const char *end = memchr(name, '.', length);
  size_t stem = end == NULL ? length : (size_t)(end - name), prefix = 0;
  int has_digit = 0;
  for (size_t at = 0; at < stem; at++) has_digit |= isdigit((unsigned char)name[at]);
  if (name[0] == '.' && length > 4 && memcmp(name + length - 4, ".tmp", 4) == 0) strcpy(kind, "DRAFT");
  else if (!has_digit || stem < MIN_ID) sprintf(kind, "%.*s", (int)length, name);
  else {
    for (size_t at = 0; at < stem && !isdigit((unsigned char)name[at]); at++)
      if (name[at] == '_' || name[at] == '-') prefix = at + 1;
    sprintf(kind, "%.*sID%.*s", (int)prefix, name, (int)(length - stem), name + stem);
  }
}

/* Writes the kind of a path below the root; answers 0 for all other paths. */
static int place_of(const char *path, char *place) {
  const char *root = getenv("FAULT_ROOT");
  size_t length = root == NULL ? 0 : strlen(root);
  if (length == 0 || path == NULL || strlen(path) >= MAX_PLACE || strncmp(path, root, length) != 0) return 0;
  if (path[length] != '/' && path[length] != '\0') return 0;
  place[0] = '\0';
  for (const char *name = path + length; *name != '\0';) {
    while (*name == '/') name++;
    size_t size = strcspn(name, "/");
    if (size == 0) break;
    if (place[0] != '\0') strcat(place, "/");
    kind_of(name, size, place + strlen(place));
    name += size;
  }
  if (place[0] == '\0') strcpy(place, ".");
  return 1;
}

static int fails(const char *call, const char *place) {
  const char *cell = getenv("FAULT_CELL"), *log = getenv("FAULT_LOG"), *code = getenv("FAULT_ERRNO");
  char line[2 * MAX_PLACE];
  if (is_logging) return 0;
  snprintf(line, sizeof line, "%s %s\n", call, place);
  int is_chosen = cell != NULL && strncmp(line, cell, strlen(cell)) == 0 && line[strlen(cell)] == '\n';
  if (log != NULL && (cell == NULL || is_chosen)) {
    is_logging = 1;
    int file = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) {
      if (write(file, line, strlen(line)) < 0) perror("fault log");
      close(file);
    }
    is_logging = 0;
  }
  if (is_chosen) errno = code == NULL ? EIO : atoi(code);
  return is_chosen;
}

static int path_fails(const char *call, const char *path) {
  char place[2 * MAX_PLACE];
  return place_of(path, place) && fails(call, place);
}

static int file_fails(const char *call, int file) {
  struct stat now;
  if (file < 0 || file >= MAX_FILES || files[file].place[0] == '\0' || fstat(file, &now) < 0) return 0;
  return now.st_dev == files[file].device && now.st_ino == files[file].inode && fails(call, files[file].place);
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void opened(int file, const char *path) {
  struct stat now;
  if (file < 0 || file >= MAX_FILES) return;
  if (!place_of(path, files[file].place) || fstat(file, &now) < 0) files[file].place[0] = '\0';
  else files[file].device = now.st_dev, files[file].inode = now.st_ino;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest); \
    REAL(name); \
    if (path_fails("open", path)) return -1; \
    int file = real(path, flags, mode); \
    opened(file, path); \
    return file; \
  }
OPEN(open)
OPEN(open64)

#define LOCK(name) \
  int name(int file, int command, ...) { \
    va_list rest; \
    va_start(rest, command); \
    void *given = va_arg(rest, void *); \
    va_end(rest); \
    REAL(name); \
    return command == F_OFD_SETLK && file_fails("lock", file) ? -1 : real(file, command, given); \
  }
LOCK(fcntl)
LOCK(fcntl64)

#define ON_FILE(type, name, call, parameters, given) \
  type name parameters { \
    REAL(name); \
    return file_fails(call, file) ? -1 : real given; \
  }
ON_FILE(ssize_t, read, "read", (int file, void *to, size_t size), (file, to, size))
ON_FILE(ssize_t, pread64, "read", (int file, void *to, size_t size, off64_t at), (file, to, size, at))
ON_FILE(ssize_t, write, "write", (int file, const void *from, size_t size), (file, from, size))
ON_FILE(ssize_t, pwrite64, "write", (int file, const void *from, size_t size, off64_t at), (file, from, size, at))
ON_FILE(ssize_t, writev, "write", (int file, const struct iovec *from, int count), (file, from, count))
ON_FILE(int, fsync, "fsync", (int file), (file))
ON_FILE(int, fdatasync, "fsync", (int file), (file))

#define ON_PATH(type, name, call, path, parameters, given, failed) \
  type name parameters { \
    REAL(name); \
    return path_fails(call, path) ? failed : real given; \
  }
ON_PATH(int, rename, "rename", to, (const char *from, const char *to), (from, to), -1)
ON_PATH(int, link, "link", to, (const char *from, const char *to), (from, to), -1)
ON_PATH(int, unlink, "unlink", path, (const char *path), (path), -1)
ON_PATH(int, mkdir, "mkdir", path, (const char *path, mode_t mode), (path, mode), -1)
ON_PATH(DIR *, opendir, "readdir", path, (const char *path), (path), NULL)
ON_PATH(int, scandir64, "readdir", path,
        (const char *path, struct dirent64 ***names, int (*select)(const struct dirent64 *),
         int (*compare)(const struct dirent64 **, const struct dirent64 **)),
        (path, names, select, compare), -1)
