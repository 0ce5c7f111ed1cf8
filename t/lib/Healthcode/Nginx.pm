# A real nginx of our own, where Test::Nginx does not reach: several workers,
# reloads, signals, `nginx -t`, valgrind.  It listens on unix sockets in its own
# temporary folder, runs in the foreground and is ended by its process id.

package Healthcode::Nginx;

use strict;
use warnings;

use File::Temp ();
use Time::HiRes qw(sleep time);

use Healthcode::Http qw(get answer_of);
use Healthcode::Process;


# new(http => CONF, main => CONF, workers => N, wrap => [COMMAND],
#     user => NAME, module => PATH or undef, level => of the error log,
#     daemon => 1 for one that can be upgraded while it runs);
# {{SOCK}} and {{ROOT}} in http are its own.
sub new {
    my ($class, %opt) = @_;
    my $tmp = File::Temp->newdir('healthcode-nginx-XXXXXXXX', TMPDIR => 1);
    my $self = bless { %opt, tmp => $tmp, root => "$tmp" }, $class;
    mkdir "$tmp/logs";
    $self->configure($opt{http});
    return $self;
}


sub sock { "$_[0]{root}/nginx.sock" }
sub root { $_[0]{root} }
sub pid  { $_[0]{daemon} ? $_[0]->daemon_pid : $_[0]{process}->pid }


# Of a daemon: the process id in nginx.pid, or, with "oldbin", that of the nginx
# that is being replaced; 0 if there is none.
sub daemon_pid {
    my ($self, $old) = @_;
    return (_slurp("$self->{root}/nginx.pid" . ($old ? ".$old" : ''))
            =~ /^(\d+)/)[0] || 0;
}


# Waits until a process is gone; whether it was in $seconds.
sub is_gone {
    my ($self, $pid, $seconds) = @_;
    for (0 .. $seconds * 100) {
        return 1 if !$pid || _slurp("/proc/$pid/stat") !~ /\) [^Z]/;
        sleep 0.01;
    }
    return 0;
}


sub configure {
    my ($self, $http) = @_;
    my $load = $self->{module} ? "load_module $self->{module};" : '';
    my $user = $> == 0 ? 'user ' . ($self->{user} || 'root') . ';' : '';
    my $workers = $self->{workers} || 1;
    my $main = $self->{main} || '';
    my $level = $self->{level} || 'info';
    my $daemon = $self->{daemon} ? 'on' : 'off';

    $http =~ s/\{\{SOCK\}\}/$self->sock/ge;
    $http =~ s/\{\{ROOT\}\}/$self->root/ge;

    open my $out, '>', "$self->{root}/nginx.conf" or die "nginx.conf: $!";
    print $out <<"END";
$load
$user
daemon $daemon;
worker_processes $workers;
error_log $self->{root}/logs/error.log $level;
pid $self->{root}/nginx.pid;
$main
events { worker_connections 512; }
http {
    access_log $self->{root}/logs/access.log;
    client_body_temp_path $self->{root}/body;
    proxy_temp_path $self->{root}/proxy;
    fastcgi_temp_path $self->{root}/fastcgi;
    uwsgi_temp_path $self->{root}/uwsgi;
    scgi_temp_path $self->{root}/scgi;
    default_type text/plain;
$http
}
END
    close $out;
}


sub _command {
    my ($self, $log, @args) = @_;
    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    # a daemon executes it again, from another folder and without PATH
    ($nginx) = grep { -x } map { "$_/$nginx" } split /:/, $ENV{PATH}
        if $self->{daemon} && $nginx !~ m{/};
    return (@{ $self->{wrap} || [] }, $nginx,
            '-p', $self->{root}, '-e', $log,
            '-c', "$self->{root}/nginx.conf", @args);
}


# `nginx -t`: (exit status, what it said).  Without `-e stderr` nginx keeps
# notices for the log.
sub check {
    my ($self) = @_;
    my $process = Healthcode::Process->spawn([ $self->_command('stderr', '-t') ]);
    my $status = $process->wait(20) // die "nginx -t: no end\n";
    return ($status >> 8 || $status, $process->output);
}


sub start {
    my ($self, $seconds) = @_;
    $self->{process} = Healthcode::Process->spawn([
        $self->_command("$self->{root}/logs/error.log") ]);

    for (1 .. ($seconds || 10) * 50) {
        return $self if -S $self->sock && eval {
            get($self->sock, '/alive', [])->{status} };
        die 'nginx did not start: ' . $self->{process}->output
            . $self->error_log if !$self->{process}->running
            && !$self->daemon_pid;
        sleep 0.02;
    }
    die 'nginx does not answer: ' . $self->error_log;
}


# GET $uri with this code as a bearer: (what the answer amounts to, seconds).
sub ask {
    my ($self, $code, $uri, $timeout) = @_;
    my $answer = get($self->sock, $uri || '/t',
                     [ defined $code ? "Authorization: Bearer $code" : () ],
                     timeout => $timeout);
    return wantarray ? (answer_of($answer), $answer->{time})
                     : answer_of($answer);
}


# Likewise, and what was known, by a header of the configuration: "200 HIT MISS".
sub known {
    my ($self, $code, $uri) = @_;
    my $answer = get($self->sock, $uri || '/t', [ "Authorization: Bearer $code" ]);
    return join ' ', answer_of($answer),
        split ' ', $answer->{header}{'x-known'} // '(none)';
}


# Asks until the answer is $wanted, for $seconds; the last answer.
sub ask_until   { return _until('ask', @_) }
sub known_until { return _until('known', @_) }

sub _until {
    my ($how, $self, $wanted, $seconds, $code, $uri) = @_;
    my $until = time + $seconds;
    my $answer;
    do {
        $answer = $self->$how($code, $uri);
        return $answer if $answer eq $wanted;
        sleep 0.01;
    } while (time < $until);
    return $answer;
}


sub signal { kill $_[1], $_[0]->pid }


# Ends it gracefully; its exit status, undef if it would not go.
sub stop {
    my ($self, $seconds, $signal) = @_;
    my $pid = $self->pid or return undef;
    kill $signal || 'QUIT', $pid;
    return $self->is_gone($pid, $seconds || 10) ? 0 : undef if $self->{daemon};
    my $status = $self->{process}->wait($seconds || 10);
    $self->{process}->end('KILL') if !defined $status;
    return $status;
}


# The process ids of the workers, of those that are not shutting down.
sub workers {
    my ($self, $state, $master) = @_;
    my @pids;
    for my $dir (glob '/proc/[0-9]*') {
        my ($pid) = $dir =~ /(\d+)$/;
        open my $in, '<', "$dir/status" or next;
        my ($parent) = map { /^PPid:\s+(\d+)/ ? $1 : () } <$in>;
        next if ($parent // 0) != ($master || $self->pid);
        open $in, '<', "$dir/cmdline" or next;
        my $line = do { local $/; <$in> } // '';
        push @pids, $pid if ($line =~ /shutting down/ xor !$state);
    }
    return @pids;
}


# Reloads; true when another set of workers serves, and it alone, within
# $seconds: nginx lets the old ones go on for 100 ms, or longer under load. A
# worker under valgrind cannot say that it is shutting down.
sub reload {
    my ($self, $seconds) = @_;
    my %old = map { $_ => 1 } $self->workers;
    $self->signal('HUP');
    for (1 .. ($seconds || 5) * 100) {
        my @now = $self->workers;
        my @new = grep { !$old{$_} } @now;
        return 1 if @new >= ($self->{workers} || 1)
            && (@new == @now || $self->{wrap});
        sleep 0.01;
    }
    return 0;
}


# Starts another nginx beside this daemon, which serves as well (USR2).  The
# process ids of the old one and of its workers; none if it fails.
sub upgrade {
    my ($self, $seconds) = @_;
    my $old = $self->pid;
    my $n = $self->{workers} || 1;
    $self->signal('USR2');
    for (1 .. ($seconds || 10) * 50) {
        # between the old file of its process and the new one there is none
        my $new = $self->pid;
        if ($new && $new != $old && $self->daemon_pid('oldbin') == $old
            && $self->workers(undef, $new) == $n)
        {
            return $old, grep { $_ != $new } $self->workers(undef, $old);
        }
        sleep 0.02;
    }
    return;
}


# Ends the old nginx of upgrade(), its workers first; whether it went.
sub finish_upgrade {
    my ($self, $old, @workers) = @_;
    kill 'WINCH', $old;
    my $gone = grep { $self->is_gone($_, 10) } @workers;
    kill 'QUIT', $old;
    return $self->is_gone($old, 10) && $gone == @workers;
}


sub _slurp {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    local $/;
    return scalar <$in> // '';
}


sub error_log  { _slurp("$_[0]{root}/logs/error.log") }
sub access_log { _slurp("$_[0]{root}/logs/access.log") }


# Waits until the error log holds $pattern; whether it came in $seconds.
sub logged {
    my ($self, $pattern, $seconds) = @_;
    for (1 .. $seconds * 50) {
        return 1 if $self->error_log =~ $pattern;
        sleep 0.02;
    }
    return 0;
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);
    $self->{process}->end('QUIT') if $self->{process};
    return if !$self->{daemon};
    for my $pid (grep { $_ } $self->daemon_pid, $self->daemon_pid('oldbin')) {
        kill 'TERM', $pid;
        $self->is_gone($pid, 5) or kill 'KILL', $pid;
    }
}

1;
