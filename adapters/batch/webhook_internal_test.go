package batch

import (
	"os"
	"path/filepath"
	"testing"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// The signature is that of the specification's own example, which batch.proto shows.
func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &webhook{config: &configv1.BatchWebhook{Secret: &configv1.Secret{Source: &configv1.Secret_File{File: "secret"}}}}
	if err := w.open(dir, configv1.File_postern_config_v1_batch_proto); err != nil {
		t.Fatal(err)
	}
	defer w.close()
	const want = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
	if got := w.sign("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553", []byte(`{"email":"test@example.com","username":"test_user"}`)); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}
