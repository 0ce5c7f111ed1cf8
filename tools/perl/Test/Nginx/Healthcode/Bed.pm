# A bed for tests of a gate: a private redis-server that proves itself, keys of
# issuers, codes of people, lines for nginx; with only what is installed.  Knows
# no test framework.  docs/testing.md, "What is in the bed".

package Test::Nginx::Healthcode::Bed;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path ();
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw(WNOHANG);
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep);
use Time::Local qw(timegm);


# FOR TESTS ONLY.  Everybody has these keys: a gate that knew one would let in
# whoever likes to sign.  They never change, so that a code of a fixed clock is
# the same bytes wherever it is made.  name => [x, d] (Ed25519, RFC 8037)
my %KEYS = (
    national => [ 'sVDA5GoSVyXZTBH-eFc1hsOu8akUYavq3uty3-vjS54',
                  'X1YI7vLMdqgv4m_4rIw3ebbvNPoALkB6DNFSoRrcGUU' ],
    province => [ 'CxRJlAUoh3BDv93Z38ER0dKLizts6uhGBBJ7R0Nr8dQ',
                  'R7BJ6E6zH2D2ef3NFMLUH6SgN2RKDh_DkwRIAh3XC_w' ],
    site     => [ '-GNNMSgVgldydVvXXpNv5O6X9ieKXw45ZqWGH3LlwwE',
                  '4dsS3W8YNfqyoLIsCYgObTOwGfw9BabgVq6c5-8mJlE' ],
    forger   => [ '1yi0Xh68i6SE6ptBGnZfBXI7RbteOnCvGJrlylm9EtM',
                  'nhGNdbp5CkVggsxYiW-3-P91OXwQZvjJO75fkfB-8nA' ],
);

my @ISSUERS = qw(national province site);

my $PEPPER = "pepper of tests, which everybody knows\n";

# Whoever made a bed and still has it, by the process that made it.
my %beds;


# ---- what is installed ----

# The path of a program, or death with what to do.
sub _program {
    my ($name, $package) = @_;
    for my $dir (split(/:/, $ENV{PATH} // ''), qw(/usr/sbin /sbin /usr/local/sbin)) {
        return "$dir/$name" if -x "$dir/$name" && -f _;
    }
    die "$name is not installed; Debian has it in $package\n";
}


# The module's file; undef if nginx has it already.
sub _module {
    my ($nginx, $command) = @_;
    my $name = 'ngx_http_healthcode_module.so';

    if (defined(my $said = $ENV{HEALTHCODE_MODULE})) {
        return undef if $said eq '';
        die "HEALTHCODE_MODULE: $said: no such file\n" if !-f $said;
        return abs_path($said);
    }

    my ($place) = `'$nginx' -V 2>&1` =~ m{--modules-path=(\S+)};
    for my $dir (dirname(abs_path($command)), grep { defined } $place,
                 '/usr/lib/nginx/modules')
    {
        return "$dir/$name" if -f "$dir/$name";
    }
    return undef;
}


# What gives nginx and the command the clock of this bed.  Redis has jemalloc,
# which asks for the time before libfaketime is ready, and then waits for ever:
# it keeps the real time.
sub _faketime {
    my ($said) = grep { -f } $ENV{HEALTHCODE_FAKETIME} // (),
        glob('/usr/lib/*/faketime/libfaketime.so.1 '
             . '/usr/lib*/faketime/libfaketime.so.1 '
             . '/usr/local/lib/faketime/libfaketime.so.1');
    return $said // die "a fixed clock takes libfaketime.so.1, which is not "
        . "installed; Debian has it in libfaketime\n";
}


# ---- a bed ----

# new(clock => TIME, servroot => where nginx runs that has to end with the bed)
sub new {
    my ($class, %opt) = @_;

    my $command = $ENV{HEALTHCODE} || _program('healthcode', 'healthcode-tools');
    -x $command or die "HEALTHCODE: $command: no such program\n";
    my $self = bless {
        owner => $$, command => $command,
        redis_server => _program('redis-server', 'redis-server'),
        nginx => $ENV{TEST_NGINX_BINARY} || _program('nginx', 'nginx'),
        codes => {},
    }, $class;
    $self->{module} = _module($self->{nginx}, $command);
    $self->{faketime} = _faketime() if defined $opt{clock};
    $self->{start} = _start($self->time_of($opt{clock})) if defined $opt{clock};

    $self->{dir} = File::Temp::tempdir('healthcode-bed-XXXXXXXX', TMPDIR => 1);
    $self->{servroot} = $opt{servroot} // "$self->{dir}/servroot";
    if (length($self->{dir}) > 90) {
        rmdir $self->{dir};
        die "TMPDIR is too long for the path of a unix socket\n";
    }

    $beds{$self} = $self;
    $self->_watch;
    $self->_fill;
    $self->_await_redis;
    $self->healthcode(qw(store init --empty));
    $self->reset_store;
    return $self;
}


sub dir      { $_[0]{dir} }
sub path     { "$_[0]{dir}/$_[1]" }
sub module   { $_[0]{module} }
sub servroot { $_[0]{servroot} }
sub socket   { $_[0]->path('store/redis.sock') }


# Ends all that the bed has started, and removes its folder.
sub end {
    my ($self) = @_;
    delete $beds{$self};
    my $pipe = delete $self->{pipe};
    return if !$pipe || $$ != $self->{owner};
    local ($?, $!);
    close $pipe;
    my $tries = 1500;
    sleep 0.01 while $tries-- && waitpid($self->{watcher}, WNOHANG) == 0;
}


END {
    local ($?, $@, $!);
    $_->end for grep { $_->{owner} == $$ } values %beds;
}


sub _write {
    my ($self, $name, $text, $mode) = @_;
    my $path = $self->path($name);
    my $old = umask 077;
    open my $out, '>', $path or die "$path: $!\n";
    umask $old;
    print $out $text;
    close $out or die "$path: $!\n";
    chmod $mode // 0600, $path;
    return $path;
}


sub _read {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    local $/;
    return scalar <$in> // '';
}


sub _secret {
    open my $in, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
    read($in, my $bytes, 16) == 16 or die "/dev/urandom: $!\n";
    return unpack 'H*', $bytes;
}


# Workers of nginx may be another user: public keys and the socket are open to
# all, secrets to the owner alone, and Redis asks for a password.
sub _fill {
    my ($self) = @_;
    mkdir $self->path($_), 0755 for qw(keys store html);
    chmod 0755, $self->dir, map { $self->path($_) } qw(keys store html);

    for my $name (keys %KEYS) {
        my ($x, $d) = @{ $KEYS{$name} };
        # whoever forges says the kid of the real key
        my $kid = 'TEST-ONLY-' . ($name eq 'forger' ? 'national' : $name);
        my $jwk = qq("kty":"OKP","crv":"Ed25519","kid":"$kid","alg":"EdDSA",)
                . qq("use":"sig","x":"$x");
        $self->_write("keys/$name.jwk", qq({$jwk,"d":"$d"}\n));
        $self->_write("keys/$name.jwks", qq({"keys":[{$jwk}]}\n), 0644);
    }

    my ($desk, $gate) = (_secret(), _secret());
    $self->_write('pepper', $PEPPER);
    $self->_write('desk.password', "$desk\n");
    $self->_write('gate.password', "$gate\n");
    $self->_write('html/passed', "passed\n", 0644);
    $self->_clock($self->{start}) if $self->{faketime};

    my $store = $self->path('store');
    $self->_write('redis.conf', join "\n",
        'port 0', "unixsocket $store/redis.sock", 'unixsocketperm 777',
        "dir $store", 'save ""', 'appendonly no', 'daemonize no',
        'maxmemory-policy noeviction', 'logfile ' . $self->path('redis.log'),
        'user default off', "user desk on >$desk ~* &* +\@all",
        "user gate on >$gate " . $self->_gate_rights, '');
    $self->{desk} = $desk;
    print { $self->{pipe} } "go\n";
}


# A process of its own ends the rest when this one is gone, however it ended:
# it reads a pipe that then has no writer any more.
sub _watch {
    my ($self) = @_;
    pipe my $read, my $write or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        $SIG{$_} = 'IGNORE' for qw(INT HUP TERM QUIT PIPE);
        close $write;
        %beds = ();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $self->path('watch.log');
        open STDERR, '>&', \*STDOUT;
        my $redis = defined readline $read ? $self->_redis_server : undef;
        1 while sysread $read, my $rest, 1;
        $self->_end_nginx;
        _end_process($redis, 1) if $redis;
        chdir '/';
        File::Path::remove_tree($self->dir);
        POSIX::_exit(0);
    }

    close $read;
    $write->autoflush(1);
    @$self{qw(watcher pipe)} = ($pid, $write);
}


sub _redis_server {
    my ($self) = @_;
    my $pid = fork // return undef;
    return $pid if $pid;
    $SIG{$_} = 'DEFAULT' for qw(INT HUP TERM QUIT PIPE);
    my @command = ($self->{redis_server}, $self->path('redis.conf'));
    { exec { $command[0] } @command }
    POSIX::_exit(127);
}


# Asks it to end, for at most five seconds, then makes it.
sub _end_process {
    my ($pid, $is_child) = @_;
    my $gone = sub {
        $is_child ? waitpid($pid, WNOHANG) != 0 : !kill 0, $pid };
    kill 'TERM', $pid;
    for (1 .. 500) {
        return if $gone->();
        sleep 0.01;
    }
    kill 'KILL', $pid;
    waitpid $pid, 0 if $is_child;
}


# The nginx of this bed, known by the folder in its command line.
sub _end_nginx {
    my ($self) = @_;
    my ($pid) = _read("$self->{servroot}/logs/nginx.pid") =~ /^(\d+)/ or return;
    _end_process($pid)
        if index(_read("/proc/$pid/cmdline"), $self->{servroot}) >= 0;
}


# ---- time ----

# Unix seconds of: seconds, RFC 3339 in UTC, or +2h and -20m of now.
sub time_of {
    my ($self, $text) = @_;
    my %unit = (s => 1, m => 60, h => 3600, d => 86400);
    return $text if $text =~ /^\d+$/;
    return $self->now + ($1 eq '-' ? -1 : 1) * $2 * $unit{$3}
        if $text =~ /^([+-])(\d+)([smhd])$/;
    return timegm($6, $5, $4, $3, $2 - 1, $1)
        if $text =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/;
    die "invalid time \"$text\"; write Unix seconds, 2099-01-31T08:00:00Z, or "
        . "+16m\n";
}


# Redis, which keeps the real time, takes no flag that is over by its clock.
sub _start {
    my ($start) = @_;
    $start > time or die "the fixed clock is not in the future; write a time such as "
        . "2099-01-31T08:00:00Z, since Redis keeps the real time\n";
    return $start;
}


# By the clock of the gate.
sub now { $_[0]{now} // time }


# Sets the fixed clock: where it starts, or +16m from there.
sub clock {
    my ($self, $text) = @_;
    $self->{faketime} or die "the clock is not a fixed one; say so when the bed "
        . "is made (docs/testing.md)\n";
    $self->{now} = $self->{start};
    $self->_clock($self->time_of($text)) if defined $text;
    $self->_clock($self->{start}) if !defined $text;
}


sub _clock {
    my ($self, $now) = @_;
    $self->{now} = $now;
    $self->_write('clock.new', "$now\n", 0644);
    rename $self->path('clock.new'), $self->path('clock');
}


# Only real time is faked: timers, and the lease of a gate's cache (CLOCK_
# MONOTONIC, CLOCK_BOOTTIME), go on as they are.
sub _clock_env {
    my ($self) = @_;
    return () if !$self->{faketime};
    return (
        LD_PRELOAD => join(':', $self->{faketime}, $ENV{LD_PRELOAD} || ()),
        FAKETIME_TIMESTAMP_FILE => $self->path('clock'), FAKETIME_FMT => '%s',
        FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1,
        NO_FAKE_STAT => 1,
    );
}


# Words that go before a command.
sub _by_clock {
    my ($self) = @_;
    my %env = $self->_clock_env;
    return %env ? ('env', map { "$_=$env{$_}" } sort keys %env) : ();
}


# A program that is nginx by this clock: its path.
sub nginx {
    my ($self) = @_;
    return $self->{nginx} if !$self->{faketime};
    my $words = join ' ', map { "'$_'" } $self->_by_clock;
    return $self->_write('nginx', "#!/bin/sh\nexec $words '$self->{nginx}' "
        . "\"\$@\"\n", 0755);
}


# ---- the command ----

# (wait status, output, errors) of a command.
sub run {
    my ($self, @words) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDERR, '>', $self->path('errors');
        { exec { $words[0] } @words }
        print STDERR "$words[0]: $!\n";
        POSIX::_exit(127);
    }
    my $text = do { local $/; readline $out } // '';
    local $?;
    close $out;
    return ($?, $text, _read($self->path('errors')));
}


# Where the store is, for the parts that ask for it.
sub store_words {
    my ($self) = @_;
    return ('--redis', 'unix:' . $self->socket, '--user', 'desk',
            '--password-file', $self->path('desk.password'));
}


# What the gate's user may do in Redis.
sub _gate_rights {
    my ($self) = @_;
    my ($status, $text, $errors) = $self->run($self->{command}, qw(store rights));
    $status == 0 or die "healthcode store rights: exit " . ($status >> 8)
        . ": $errors";
    chomp $text;
    return $text;
}


# Words of a command line that lacks but its last words.
sub words {
    my ($self, @words) = @_;
    my @store = $words[0] =~ /^(flag|region|control|store)$/
        ? $self->store_words : ();
    push @store, '--pepper-file', $self->path('pepper')
        if $words[0] =~ /^(flag|store|holder)$/;
    my $n = $words[0] eq 'holder' ? 1 : 2;
    return ($self->_by_clock, $self->{command}, @words[0 .. $n - 1], @store,
            @words[$n .. $#words]) if @store && @words >= $n;
    return ($self->_by_clock, $self->{command}, @words);
}


# Runs it; what it printed.  Dies if it does not succeed.
sub healthcode {
    my ($self, @words) = @_;
    my ($status, $text, $errors) = $self->run($self->words(@words));
    $status == 0 or die "healthcode @words: exit " . ($status >> 8)
        . ": $text$errors";
    chomp $text;
    return $text;
}


# ---- codes ----

# code('ALICE') or 'ALICE:province,aud=hall-1,iat=-20m': the person's subject is
# the name in small letters; a word is an issuer, or "forged"; what else
# "healthcode issue" has stands as NAME=VALUE, more than once if need be.
sub code {
    my ($self, $what) = @_;
    my $made = $self->{codes}{$what};
    return $made->[1] if $made && $self->now - $made->[0] < 300
        && $self->now >= $made->[0];
    $made = $self->{codes}{$what} = [ $self->now, $self->_issue($what) ];
    return $made->[1];
}


sub _issue {
    my ($self, $what) = @_;
    my ($name, $rest) = $what =~ /^([A-Za-z][\w-]*)(?::(.*))?$/s
        or die "\"$what\" names no code; write ALICE, or ALICE:province\n";
    my ($issuer, $key, %set, @more) = ('national');

    for my $word (split /,/, $rest // '') {
        if ($word =~ /^([a-z][a-z0-9-]*)=(.*)$/s) {
            my ($option, $value) = ($1, $2);
            $option =~ /^(sub|iss|iat|jti)$/ ? $set{$option} = $value
                : push @more, "--$option", $value;
        } elsif ($word eq 'forged') {
            $key = 'forger';
        } elsif (grep { $word eq $_ } @ISSUERS) {
            $issuer = $word;
        } else {
            die "\"$what\": \"$word\" is not an issuer (@ISSUERS) and not forged; "
                . "an option of \"healthcode issue\" is written NAME=VALUE\n";
        }
    }

    # a code of a fixed clock is the same bytes each time, its number too
    $set{sub} //= lc $name;
    $set{jti} //= "test-only-$set{sub}" if $self->{faketime};
    $set{iat} //= $self->{start} if $self->{faketime};
    $set{iat} = $self->time_of($set{iat}) if length($set{iat} // '');
    return $self->healthcode('issue', '--key',
        $self->path('keys/' . ($key // $issuer) . '.jwk'),
        '--iss', delete $set{iss} // "https://$issuer.example",
        (map { ("--$_", $set{$_}) } sort keys %set), @more);
}


# ---- lines for nginx ----

# Before "events": the module, and what nginx would keep from its workers.
sub main_conf {
    my ($self) = @_;
    my %env = $self->_clock_env;
    return ($self->module ? 'load_module ' . $self->module . ";\n" : '')
        . join '', map { "env $_;\n" } sort keys %env;
}


sub pepper_conf { 'healthcode_pepper_file ' . $_[0]->path('pepper') . ";\n" }


sub issuers_conf {
    my ($self) = @_;
    return join '', map { "healthcode_issuer $_ {\n"
        . "    iss        https://$_.example;\n"
        . '    keys       ' . $self->path("keys/$_.jwks") . ";\n"
        . "    algorithms EdDSA;\n"
        . ($_ eq 'site' ? "    subject_space site;\n" : '') . "}\n" } @ISSUERS;
}


# The lines of a store, to stand in a block healthcode_store of any name. A test
# waits longer than a gate: its machine may be busy with other tests.
sub store_lines {
    my ($self) = @_;
    return '    server        unix:' . $self->socket . ";\n"
        . "    user          gate;\n"
        . '    password_file ' . $self->path('gate.password') . ";\n"
        . "    timeout       2s;\n    connect_timeout 2s;\n";
}


sub store_conf { "healthcode_store flags {\n" . $_[0]->store_lines . "}\n" }

sub http_conf {
    my ($self) = @_;
    return $self->pepper_conf . $self->issuers_conf . $self->store_conf;
}


# ---- Redis ----

# One command of plain words as the administrator; dies of an error.
sub redis {
    my ($self, @words) = @_;
    my $redis = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $self->socket)
        or die "redis: $!\n";
    my $text = "AUTH desk $self->{desk}\r\n" . join(' ', @words) . "\r\n";
    local $SIG{PIPE} = 'IGNORE';
    syswrite($redis, $text) == length $text or die "redis: $!\n";

    my $answer = '';
    while (($answer =~ tr/\n//) < 2) {
        IO::Select->new($redis)->can_read(10) or die "redis: no answer\n";
        sysread $redis, $answer, 4096, length $answer
            or die "redis: closed: $answer\n";
    }
    $answer =~ /^-(.*)/m and die "redis: @words: $1\n";
    return $answer;
}


sub _await_redis {
    my ($self) = @_;
    for (1 .. 500) {
        return if eval { $self->redis('PING') };
        sleep 0.02;
    }
    my $error = $@;
    my $log = _read($self->path('redis.log')) . _read($self->path('watch.log'));
    $self->end;
    die "redis-server does not start: $error$log";
}


# As after "store init": no flag, region or control, and no audit entry; the
# issuers of the bed are known.
sub reset_store {
    my ($self) = @_;
    my $known = join ',', map { "'known:https://$_.example',1" } @ISSUERS;
    $self->redis('EVAL', q("local k=redis.call('KEYS','*') for i=1,#k do )
        . q(if k[i]:sub(1,16)~='healthcode:meta:' then redis.call('DEL',k[i]) end end )
        . qq{redis.call('HSET','healthcode:control:{c}',$known) return 1"}, 0);
}


# ---- ports ----

# A free port of 127.0.0.1 below those that clients get, drawn by chance: suites in
# containers have process ids that are alike.
sub free_port {
    for my $try (1 .. 1000) {
        my $port = 10000 + int rand 20000;
        return $port if IO::Socket::INET->new(LocalAddr => '127.0.0.1',
            LocalPort => $port, Listen => 1, ReuseAddr => 1);
    }
    die "no free port on 127.0.0.1\n";
}

1;
