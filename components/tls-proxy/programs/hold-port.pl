# Words: a port, and a path. Listens on the port and never answers there; whoever connects to the path is handed the listening socket.
# Only what perl-base has, which is in every image that descends from Debian's; it knows no call that hands over a file, so the kernel is asked.
use strict;
use warnings;
use Fcntl;
use Socket;
use POSIX ();

my ($port, $path) = @ARGV;
my $sendmsg = { x86_64 => 46, aarch64 => 211 }->{ (POSIX::uname())[4] } // die "only for x86_64 and aarch64\n";
$SIG{TERM} = sub { exit 0 };

my ($listener, $desk);
socket($listener, AF_INET, SOCK_STREAM, 0)
    && setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1)
    && bind($listener, sockaddr_in($port, INADDR_ANY))
    && listen($listener, 4096)
    && fcntl($listener, F_SETFL, O_NONBLOCK)    # nginx expects it of what it is handed; it would wait for the next connection for ever.
    or die "port $port: $!\n";
unlink $path;
socket($desk, AF_UNIX, SOCK_STREAM, 0) && bind($desk, sockaddr_un($path)) && listen($desk, 16) or die "$path: $!\n";

# Connections stay open: their end tells a proxy that this process has gone, and the socket with it.
my @takers;
while (1) {
    accept(my $taker, $desk) or next;
    @takers = grep { !ended($_) } @takers;
    my $data = "x";
    my $piece = pack "P Q", $data, 1;
    my $control = pack "Q i i i x4", 20, SOL_SOCKET, 1, fileno $listener;    # 1: SCM_RIGHTS
    my $message = pack "Q Q P Q P Q Q", 0, 0, $piece, 1, $control, length $control, 0;
    if (syscall($sendmsg, fileno $taker, $message, 0) == 1) { push @takers, $taker }
    else { warn "handing over port $port: $!\n" }
}

# Nobody says anything on them, so one that can be read has ended.
sub ended {
    my ($socket) = @_;
    vec(my $bits = "", fileno $socket, 1) = 1;
    return select $bits, undef, undef, 0;
}
