# The test stand: a temporary folder, Redis servers and a backend on processor
# 1, which is never idle, one nginx worker on processor 0, keys and codes.  All
# listens on this machine alone, is ended by its process id.  Knows no rows.

package Healthcode::Bench::Stand;

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use Time::HiRes qw(sleep);

use Healthcode::Authority;
use Healthcode::Bench::Load;
use Healthcode::Cluster;
use Healthcode::Fixture;
use Healthcode::Jws qw(json);
use Healthcode::Keys qw($REGION $CONTROL);
use Healthcode::Process;
use Healthcode::Redis;

our $ISS = 'https://bench.example';
our $TTL = 86400;               # s; a run may take longer than 15 minutes

my $ROOT   = $Healthcode::Fixture::ROOT;
my $BUILD  = $Healthcode::Fixture::BUILD;
my $PEPPER = 'a pepper of the benchmark';
my $REGIONS  = 3_000;
my $CONTROLS = 100;


sub new {
    my ($class, @algs) = @_;
    my $tmp = File::Temp->newdir('healthcode-bench-XXXXXXXX', TMPDIR => 1);
    my $self = bless { tmp => $tmp, dir => "$tmp", redis => {}, sets => {} },
        $class;
    chmod 0755, $self->{dir};
    $self->write('pepper', $PEPPER);
    chmod 0600, $self->path('pepper');
    $self->{port} = free_port();
    $self->_make_keys(@algs);
    $self->{filler} = Healthcode::Process->spawn(
        [ 'taskset', '-c', 1, $self->program('filler') ]);
    return $self;
}


sub path   { "$_[0]{dir}/$_[1]" }
sub root   { $ROOT }
sub pepper { $PEPPER }
sub port   { $_[0]{port} }
sub redis  { $_[0]{redis}{ $_[1] } }
sub cluster { $_[0]{cluster}{ $_[1] } }
sub load   { $_[0]{load} }


sub write {
    my ($self, $name, $text) = @_;
    open my $out, '>', $self->path($name) or die "$name: $!\n";
    print {$out} $text;
    close $out or die "$name: $!\n";
    return $self->path($name);
}


sub slurp {
    my ($name) = @_;
    open my $in, '<', $name or return '';
    local $/;
    return scalar <$in> // '';
}


sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "bench: no free port: $!\n";
    return $socket->sockport;
}


# Runs a command of at most so many seconds; what it printed.
sub run {
    my ($seconds, @command) = @_;
    my $process = Healthcode::Process->spawn([@command]);
    my $status = $process->wait($seconds);
    my $out = $process->output;
    die "bench: @command[0, 1]: no end in $seconds s\n" if !defined $status;
    die "bench: @command: $out\n" if $status;
    return $out;
}


# ---- keys and codes ----

sub _make_keys {
    my ($self, @algs) = @_;
    my @keys;
    for my $alg (@algs) {
        run(20, "$BUILD/healthcode", 'keygen', '--alg', $alg, '--kid', $alg,
            '--private', $self->path("$alg.jwk"),
            '--public', $self->path("$alg.json"));
        push @keys, @{ JSON::PP::decode_json(
            slurp($self->path("$alg.json")))->{keys} };
    }
    $self->{algs} = \@algs;
    $self->write('keys.json', json({ keys => \@keys }));
    chmod 0600, $self->path('keys.json');
}


# The secret of the HS256 key, for those who verify in another way.
sub secret { return Healthcode::Jws::unb64(JSON::PP::decode_json(
    slurp($_[0]->path('HS256.json')))->{keys}[0]{k}) }


# A file of so many codes, subjects 1 and on, made by both processors; its name.
sub codes {
    my ($self, $alg, $count) = @_;
    my $name = $self->path("$alg-$count.codes");
    my @half = ([ 1, int($count / 2) ],
                [ 1 + int($count / 2), $count - int($count / 2) ]);
    my @parts = map { my ($first, $n) = @$_; Healthcode::Process->spawn(
        [ 'sh', '-c', 'exec "$0" "$@" > ' . "$name.$first",
          $self->program('codes'), $self->path("$alg.jwk"), $ISS,
          $first, $n, $TTL ]) } @half;
    for my $part (@parts) {
        my $status = $part->wait(1800);
        die 'bench: codes: ' . $part->output . "\n"
            if !defined $status || $status;
    }
    my ($first, $second) = map { "$name.$_->[0]" } @half;
    run(120, 'sh', '-c', "cat $second >> $first && mv $first $name && "
        . "rm -f $second");
    return $name;
}


sub program { return "$BUILD/bench/healthcode_$_[1]" }


sub code_length {
    my ($self, $set) = @_;
    open my $in, '<', $self->{sets}{$set} or die "$set: $!\n";
    return length(readline $in) - 1;
}


# A file that another program of ours wrote, or codes(): known by the name to
# the load generator as soon as that runs.
sub set {
    my ($self, $name, $file) = @_;
    $self->{sets}{$name} = $file;
}


# ---- servers ----

sub _pin {
    my ($cpu, $pid) = @_;
    run(10, 'taskset', '-a', '-p', '-c', $cpu, $pid);
}


# A Redis with regions and controls, on a unix socket and a port, which remembers
# who has read what of as many holders as there are; also on a port with TLS,
# {tls_port}, if it was built with that.
sub start_redis {
    my ($self, $name) = @_;
    my $port = free_port();
    my %opt = (dir => $self->{dir}, name => $name,
        conf => [ "port $port", 'tracking-table-max-keys 0' ]);
    my $ca = $self->{ca} //= Healthcode::Authority->new($self->{dir}, 'ca');
    my $redis = eval { $ca->redis(%opt,
        certificate => $ca->issue($name, san => 'DNS:redis.example')) };
    $redis //= Healthcode::Redis->start(%opt,
        conf => [ 'bind 127.0.0.1', @{ $opt{conf} } ]);
    _pin(1, $redis->pid);
    $self->{redis}{$name} = $redis;
    $redis->{port} = $port;
    run(10, $self->tool($name, 'store', 'init', '--empty'));
    $self->_fill(sub { $redis });
    return $redis;
}


# A cluster of three masters with as many regions and controls; its nodes remember
# likewise.
sub start_cluster {
    my ($self, $name) = @_;
    mkdir $self->path($name);
    my $cluster = Healthcode::Cluster->new(dir => $self->path($name),
        conf => [ 'tracking-table-max-keys 0' ]);
    _pin(1, $_->pid) for $cluster->nodes;
    $self->{cluster}{$name} = $cluster;
    run(60, $self->tool($name, 'store', 'init', '--empty'));
    $self->_fill(sub { $cluster->owner($_[0]) });
    return $cluster;
}


# What a store has beside its flags; $of->(KEY) is the server that has it.
sub _fill {
    my ($self, $of) = @_;
    $of->($REGION)->cmd('HSET', $REGION,
                map { (sprintf('%06d', 100_000 + $_), 'low 0') } 1 .. $REGIONS);
    $of->($CONTROL)->cmd('HSET', $CONTROL,
                map { ("issuer:https://i$_.example", 1) } 1 .. $CONTROLS);
}


# The words of `healthcode PART VERB` for that Redis, or cluster.
sub tool {
    my ($self, $name, @words) = @_;
    my $cluster = $self->cluster($name);
    return ("$BUILD/healthcode", @words, '--redis',
            $cluster ? $cluster->url : 'unix:' . $self->redis($name)->socket,
            '--pepper-file', $self->path('pepper'));
}


# Flags so many holders, none of which has a code.
sub flag {
    my ($self, $name, $count) = @_;
    my $file = $self->path("$name.flags");
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} "flagged-$_ contact\n" for 1 .. $count;
    close $out or die "$file: $!\n";
    run(900, $self->tool($name, 'flag', 'import'), '--no-audit', $file);
    unlink $file;
}


# Where nginx has its modules.
sub modules {
    my ($path) = `nginx -V 2>&1` =~ /--modules-path=(\S+)/;
    return $path // '/usr/lib/nginx/modules';
}


sub _conf {
    my ($self, $name, $main, $http) = @_;
    my $user = $> == 0 ? 'user root;' : '';
    mkdir $self->path($name);
    $self->write("$name/nginx.conf", <<"END");
$user
daemon off;
pid $self->{dir}/$name/nginx.pid;
error_log $self->{dir}/$name/error.log error;
$main
events { worker_connections 16384; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_time 24h;
    keepalive_timeout 24h;
    client_body_temp_path $self->{dir}/$name/body;
    proxy_temp_path $self->{dir}/$name/proxy;
    fastcgi_temp_path $self->{dir}/$name/fastcgi;
    uwsgi_temp_path $self->{dir}/$name/uwsgi;
    scgi_temp_path $self->{dir}/$name/scgi;
$http
}
END
    return ('nginx', '-p', $self->path($name), '-e',
            $self->path("$name/error.log"), '-c',
            $self->path("$name/nginx.conf"));
}


# An nginx of one worker on that processor; ready when its port answers.
sub start_nginx {
    my ($self, $name, $cpu, $port, $main, $http, @wrap) = @_;
    my $mask = 1 << $cpu;
    my @command = (@wrap, $self->_conf($name, ($main // '') . (@wrap
        ? "\nmaster_process off;\n" : "\nworker_processes 1;\n"
        . sprintf("worker_cpu_affinity %02b;\n", $mask)), $http));
    my $process = Healthcode::Process->spawn(\@command);
    $self->{nginx}{$name} = $process;

    for (1 .. 1200) {
        last if IO::Socket::INET->new("127.0.0.1:$port");
        die "bench: nginx did not start: " . $process->output
            . $self->errors($name) if !$process->running;
        sleep 0.05;
    }
    return $process->pid if @wrap;

    for (1 .. 100) {
        my ($worker) = slurp('/proc/' . $process->pid . '/task/'
            . $process->pid . '/children') =~ /(\d+)/;
        return $worker if $worker;
        sleep 0.05;
    }
    die "bench: nginx has no worker\n" . $self->errors($name);
}


sub errors { return slurp($_[0]->path("$_[1]/error.log")) }


sub stop_nginx {
    my ($self, $name) = @_;
    (delete $self->{nginx}{$name})->end('TERM');
}


# The load generator for that port, which knows the files of codes; CPU time
# is read of these: name => pid.
sub start_load {
    my ($self, $port, %pids) = @_;
    my $load = Healthcode::Bench::Load->new(
        $self->program('load'), $port, %pids);
    $load->set($_, $self->{sets}{$_}) for sort keys %{ $self->{sets} };
    return $load;
}


# Ends all in the order of their dependence.
sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);
    delete $self->{load};
    $_->end('TERM') for grep { $_ } values %{ $self->{nginx} || {} };
    delete @$self{qw(redis filler)};
}

1;
