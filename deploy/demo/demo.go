package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/postern-gateway/postern/deploy/demo/benefits"
	"github.com/postern-gateway/postern/deploy/demo/counciltax"
	"github.com/postern-gateway/postern/deploy/demo/housing"
	"github.com/postern-gateway/postern/deploy/demo/population"
)

const (
	// seed makes the citizens. Documentation names some of them, so it stays.
	seed = 1

	// slowDelay is longer than what the estate calls slow, and shorter than its timeout.
	slowDelay = 3 * time.Second
	// mainframePoll lets an acknowledgement take one to two seconds.
	mainframePoll = time.Second

	// shutdownGrace is how long requests to the council tax service are waited for.
	shutdownGrace = 5 * time.Second
)

// Options are what the demo is started with.
type Options struct {
	// DataDir is where the estate and the legacy systems' data are laid out. It is made if it is not there.
	DataDir string
	// Logger is told what the legacy systems do.
	Logger *slog.Logger
	// Citizens is how many there are; 0 means [population.Size].
	Citizens int
}

// A Demo is a running set of legacy systems.
type Demo struct {
	estateDir  string
	counciltax *counciltax.Service

	server *http.Server
	stop   context.CancelFunc
	wait   sync.WaitGroup
	once   sync.Once
	closed error
}

// Start lays the estate out, makes the legacy systems' data where there is none yet, and starts the systems. ctx bounds
// the start only. After an error nothing is left running.
func Start(ctx context.Context, options Options) (*Demo, error) {
	root, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, fmt.Errorf("finding the demo's directory: %w", err)
	}
	if options.Citizens == 0 {
		options.Citizens = population.Size
	}
	citizens := population.Generate(seed, options.Citizens)
	estateDir := filepath.Join(root, "estate")
	if err := layOut(estateDir); err != nil {
		return nil, fmt.Errorf("laying the estate out: %w", err)
	}
	if err := makeHousing(ctx, filepath.Join(root, "legacy", "housing"), citizens); err != nil {
		return nil, err
	}
	mainframe, err := benefits.New(benefits.Options{
		Citizens: citizens, Directory: filepath.Join(root, "legacy", "benefits"), Poll: mainframePoll,
		Logger: options.Logger.With("system", "benefits"),
	})
	if err != nil {
		return nil, fmt.Errorf("starting the benefits system: %w", err)
	}
	service, err := newCounciltax(root, citizens, options.Logger.With("system", "counciltax"))
	if err != nil {
		return nil, fmt.Errorf("starting the council tax system: %w", err)
	}
	d := &Demo{estateDir: estateDir, counciltax: service}
	if err := d.run(ctx, mainframe, options.Logger); err != nil {
		return nil, fmt.Errorf("starting the council tax system: %w", err)
	}
	return d, nil
}

// EstateDir returns the directory of the estate, for the gateway to serve.
func (d *Demo) EstateDir() string { return d.estateDir }

// Handler returns the switch of the council tax system, to be mounted as /demo/counciltax on the admin listener: GET shows and
// POST sets its mode, {"mode": "ok|slow|failing"}.
func (d *Demo) Handler() http.Handler { return d.counciltax.Switch() }

// Close stops the systems and waits for them. Requests under way are waited for, a slow one is cut short. Calls after the first one
// return the same.
func (d *Demo) Close() error {
	d.once.Do(func() {
		d.stop()
		ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
		defer cancel()
		if err := d.server.Shutdown(ctx); err != nil {
			d.closed = fmt.Errorf("stopping the council tax system: %w", errors.Join(err, d.server.Close()))
		}
		d.wait.Wait()
	})
	return d.closed
}

// run opens the council tax service's port, and starts what runs.
func (d *Demo) run(ctx context.Context, mainframe *benefits.Mainframe, logger *slog.Logger) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("opening a port: %w", err)
	}
	description, err := d.counciltax.WSDL("http://" + listener.Addr().String() + counciltax.Path)
	if err == nil {
		err = writeFile(filepath.Join(d.estateDir, filepath.FromSlash(wsdlFile)), description, 0o644)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing the WSDL: %w", err), listener.Close())
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	mux := http.NewServeMux()
	mux.Handle(counciltax.Path, d.counciltax)
	d.stop = stop
	d.server = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		// A slow answer ends when the demo ends.
		BaseContext: func(net.Listener) context.Context { return running },
	}
	d.wait.Go(func() {
		if err := d.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the council tax system has stopped", "error", err)
		}
	})
	d.wait.Go(func() { mainframe.Run(running) })
	return nil
}

func makeHousing(ctx context.Context, directory string, citizens []population.Citizen) error {
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return fmt.Errorf("making the housing system's directory: %w", err)
	}
	return housing.Create(ctx, filepath.Join(directory, "housing.db"), citizens)
}

func newCounciltax(root string, citizens []population.Citizen, logger *slog.Logger) (*counciltax.Service, error) {
	directory := filepath.Join(root, "legacy", "counciltax")
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return nil, fmt.Errorf("making its directory: %w", err)
	}
	description, err := estate.ReadFile("estate/" + wsdlFile)
	if err != nil {
		return nil, fmt.Errorf("reading its WSDL: %w", err)
	}
	password, err := password(filepath.Join(root, "estate", "secrets", "counciltax-password"))
	if err != nil {
		return nil, err
	}
	return counciltax.New(counciltax.Options{
		Citizens: citizens, WSDL: description, Username: "postern", Password: password,
		ContactsFile: filepath.Join(directory, "contacts.jsonl"), SlowDelay: slowDelay, Logger: logger,
	})
}
