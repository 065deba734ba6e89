package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"google.golang.org/grpc/grpclog"
)

// RouteGRPCLogs sends what grpc-go and grpc-gateway log to the logger. They log through a global of their own, by default as plain text to stderr, in
// the midst of our JSON. A program calls this once, before it makes its first gRPC server: it is the one global that we set, because there is no other way.
func RouteGRPCLogs(logger *slog.Logger) {
	grpclog.SetLoggerV2(&grpcLog{logger: logger})
}

// grpcLog is a grpclog.LoggerV2 over slog. What is information to grpc-go are details of connections to us; it never ends the process.
type grpcLog struct {
	logger *slog.Logger
}

var _ grpclog.LoggerV2 = (*grpcLog)(nil)

func (l *grpcLog) log(level slog.Level, text string) {
	l.logger.LogAttrs(context.Background(), level, "gRPC", slog.String("text", strings.TrimSuffix(text, "\n")))
}

// Info implements grpclog.LoggerV2.
func (l *grpcLog) Info(args ...any) { l.log(slog.LevelDebug, fmt.Sprint(args...)) }

// Infoln implements grpclog.LoggerV2.
func (l *grpcLog) Infoln(args ...any) { l.log(slog.LevelDebug, fmt.Sprintln(args...)) }

// Infof implements grpclog.LoggerV2.
func (l *grpcLog) Infof(format string, args ...any) {
	l.log(slog.LevelDebug, fmt.Sprintf(format, args...))
}

// Warning implements grpclog.LoggerV2.
func (l *grpcLog) Warning(args ...any) { l.log(slog.LevelDebug, fmt.Sprint(args...)) }

// Warningln implements grpclog.LoggerV2.
func (l *grpcLog) Warningln(args ...any) { l.log(slog.LevelDebug, fmt.Sprintln(args...)) }

// Warningf implements grpclog.LoggerV2.
func (l *grpcLog) Warningf(format string, args ...any) {
	l.log(slog.LevelDebug, fmt.Sprintf(format, args...))
}

// Error implements grpclog.LoggerV2.
func (l *grpcLog) Error(args ...any) { l.log(slog.LevelWarn, fmt.Sprint(args...)) }

// Errorln implements grpclog.LoggerV2.
func (l *grpcLog) Errorln(args ...any) { l.log(slog.LevelWarn, fmt.Sprintln(args...)) }

// Errorf implements grpclog.LoggerV2.
func (l *grpcLog) Errorf(format string, args ...any) {
	l.log(slog.LevelWarn, fmt.Sprintf(format, args...))
}

// Fatal implements grpclog.LoggerV2.
func (l *grpcLog) Fatal(args ...any) { l.log(slog.LevelError, fmt.Sprint(args...)) }

// Fatalln implements grpclog.LoggerV2.
func (l *grpcLog) Fatalln(args ...any) { l.log(slog.LevelError, fmt.Sprintln(args...)) }

// Fatalf implements grpclog.LoggerV2.
func (l *grpcLog) Fatalf(format string, args ...any) {
	l.log(slog.LevelError, fmt.Sprintf(format, args...))
}

// V implements grpclog.LoggerV2: nothing verbose is asked for.
func (l *grpcLog) V(int) bool { return false }
